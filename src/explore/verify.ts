import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../compile.ts';
import { readManifest } from '../emit/read-manifest.ts';
import { writeFolder } from '../emit/write-folder.ts';
import { synthesize } from '../synth/index.ts';
import { stepper } from '../tools/index.ts';
import { simulate } from '../verify/index.ts';
import { planText } from './plan-file/index.ts';
import type { ExploredPlan, ExploreResult } from './types.ts';

/** A plan that was built, and what Yosys and Verilator say of it. */
export interface VerifiedPlan {
  readonly plan: ExploredPlan;
  readonly measured: {
    readonly cyclesPerFrame: number;
    readonly lut: number;
    readonly ff: number;
    readonly dsp: number;
    readonly bram36: number;
  };
  /** Cycles and latency are as predicted, and every value is that of the golden model. */
  readonly agrees: boolean;
}

/** Images that a plan is simulated with. */
const IMAGES = 3;

/**
 * Builds the best plans of a search, each from its plan file as a user would, and measures them.
 * Throws `ToolError` when Verilator or Yosys is missing.
 *
 * @param designPath the design that was searched
 */
export async function verifyPlans(
  designPath: string,
  result: ExploreResult,
  count: number,
): Promise<readonly VerifiedPlan[]> {
  const verified: VerifiedPlan[] = [];
  for (const plan of bestPlans(result, count))
    verified.push(await verifyPlan(designPath, plan, result));
  return verified;
}

/** The answer, then those of the front that come next to it in frames per second. */
function bestPlans({ answer, front }: ExploreResult, count: number): readonly ExploredPlan[] {
  if (!answer) return [];
  const rate = (plan: ExploredPlan) => plan.evaluation.framesPerSecond;
  const distance = (plan: ExploredPlan) => Math.abs(rate(plan) - rate(answer));
  const own = JSON.stringify(answer.point);
  const others = front
    .filter(({ point }) => JSON.stringify(point) !== own)
    .sort((a, b) => distance(a) - distance(b));
  return [answer, ...others].slice(0, count);
}

async function verifyPlan(
  designPath: string,
  plan: ExploredPlan,
  { design }: ExploreResult,
): Promise<VerifiedPlan> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-verify-'));
  try {
    const planFile = join(folder, 'plan.json');
    writeFileSync(planFile, planText(design, plan.point));
    const out = join(folder, design);
    const { files } = await compile(designPath, stepper(0), planFile);
    writeFolder(out, files);
    const { top, family, files: names } = readManifest(out);
    const { lut, lutram, ff, dsp, bram36 } = await synthesize({
      folder: out,
      files: names.verilog,
      top,
      family,
    });
    const report = await simulate(out, { images: IMAGES, stalls: false, seed: 1, trace: false });
    const { evaluation } = plan;
    return {
      plan,
      measured: {
        cyclesPerFrame: report.cyclesPerFrame,
        // The estimate counts LUTs that are memory or shift registers with the others.
        lut: lut + lutram,
        ...{ ff, dsp, bram36 },
      },
      agrees:
        report.cyclesPerFrame === evaluation.cyclesPerFrame &&
        report.latencyCycles === evaluation.latencyCycles &&
        report.mismatches === 0,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
