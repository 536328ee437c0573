import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBench } from '../../../src/verify/build-bench.ts';
import { runFailures, timingFailures } from '../../../src/verify/judge.ts';
import { locate } from '../../../src/verify/layout.ts';
import { writeVectors } from '../../../src/verify/plan-file.ts';
import { type BenchResult, runBench } from '../../../src/verify/run-bench.ts';
import { planRuns } from '../../../src/verify/runs.ts';
import type { FrameVectors } from '../../../src/verify/vectors.ts';
import type { Subject } from './subject.ts';

/**
 * The runs of `simulate`, without stalls and with them, each with a reset in mid-frame. Gives the
 * sentence of the first check that failed, or undefined when all passed. It leaves out the
 * waveform of the first difference, whose bench would have to be compiled for every mutant.
 */
export async function firstFailure(
  subject: Subject,
  folder: string,
  vectors: readonly FrameVectors[],
  seed: number,
): Promise<string | undefined> {
  const { manifest } = subject;
  const bench = await buildBench(folder, manifest, false);
  if ('rejected' in bench) return `compiler: ${bench.rejected[0]}`;
  const scratch = mkdtempSync(join(tmpdir(), 'vitrum-mutant-'));
  try {
    writeVectors(scratch, vectors);
    const images = vectors.length;
    const plans = planRuns(manifest, { images, stalls: true, seed });
    for (const [i, settings] of plans.entries()) {
      const place = { folder: scratch, images };
      const result = await runBench(bench.program, folder, manifest, place, settings);
      const timing = i === 0 ? timingFailures(result, manifest) : [];
      const found =
        mismatch(subject, result) ?? runFailures(result, manifest)[0] ?? timing[0] ?? undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function mismatch({ layouts }: Subject, { first, mismatches }: BenchResult): string | undefined {
  if (!first) return undefined;
  const layout = layouts[first.operation];
  const at = layout && locate(layout, layout.elements[first.value] ?? 0);
  const where = at
    ? `${layout.operation.name}, token ${at.token}, channel ${at.channel}`
    : `result ${first.value}`;
  return `${mismatches} values differ, first ${where}: ${first.got} instead of ${first.expected}`;
}
