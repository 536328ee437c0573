import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Manifest } from '../emit/manifest.ts';
import { runTool, ToolError } from '../tools/index.ts';
import { planText, type RunSettings } from './plan-file.ts';
import { verilatorMessages } from './verilator.ts';

const count = z.int().min(0);

/** What the bench prints; see testbench/results.h. */
const resultSchema = z.strictObject({
  cycles: count,
  values: count,
  mismatches: count,
  first: z
    .strictObject({
      operation: count,
      value: count,
      frame: count,
      cycle: count,
      expected: z.int(),
      got: z.int(),
    })
    .nullable(),
  operationFrames: z.array(count),
  lastOperation: count,
  frames: z.array(
    z.strictObject({
      firstInput: count,
      lastResult: count,
      mismatches: count,
      results: z.array(z.int()),
    }),
  ),
  registers: z
    .strictObject({ id: count, config: count, errors: count, frames: count, cycles: count })
    .nullable(),
  hang: z
    .strictObject({
      stream: z.enum(['s_axis', 'm_axis', 's_axil', 'm_axi', 'm_axi_param']),
      lastProgress: count,
      inputFrame: count,
      inputBeat: count,
      outputFrame: count,
      outputBeat: count,
      inputReady: z.boolean(),
      resultValid: z.boolean(),
    })
    .nullable(),
  errors: z.array(z.string()),
  errorCount: count,
  traced: z.boolean(),
});

export type BenchResult = z.infer<typeof resultSchema> & {
  /** Messages of the simulator itself, a missing memory file among them. */
  readonly warnings: readonly string[];
  /** The simulator gave up, as the warnings say; nothing else is known. */
  readonly aborted: boolean;
  readonly seconds: number;
};

/** Exit code of the bench when the simulator gives up; see testbench/main.cpp. */
const FATAL = 3;

const NOTHING = resultSchema.parse({
  ...{ cycles: 0, values: 0, mismatches: 0, first: null, lastOperation: 0, operationFrames: [] },
  ...{ frames: [], registers: null, hang: null, errors: [], errorCount: 0, traced: false },
});

export interface Vectors {
  /** Where `writeVectors` has put them. */
  readonly folder: string;
  readonly images: number;
}

/**
 * One run of a compiled bench, in the build folder, because memory files are named relative to it.
 * Throws `ToolError` when the bench breaks down.
 */
export async function runBench(
  program: string,
  folder: string,
  manifest: Manifest,
  vectors: Vectors,
  settings: RunSettings,
): Promise<BenchResult> {
  const plan = join(vectors.folder, 'plan.txt');
  writeFileSync(plan, planText(manifest, vectors.images, vectors.folder, settings));
  const run = await runTool({ tool: program, args: [plan], cwd: folder });
  const warnings = verilatorMessages(`${run.stdout}\n${run.stderr}`);
  if (run.exitCode === FATAL) return { ...NOTHING, warnings, aborted: true, seconds: run.seconds };
  const line = run.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (run.exitCode !== 0 || !line.startsWith('{')) {
    throw new ToolError({
      code: 'VT607',
      message: `the bench ended with code ${run.exitCode}: ${run.stderr.trim().split('\n').at(-1) ?? ''}`,
    });
  }
  const result = resultSchema.parse(JSON.parse(line));
  return { ...result, warnings, aborted: false, seconds: run.seconds };
}
