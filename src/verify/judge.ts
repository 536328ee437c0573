import type { Manifest } from '../emit/manifest.ts';
import type { BenchResult } from './run-bench.ts';

/** "VTRM", register ID. */
const ID = 0x5654524d;

/** Cycles between the last results of consecutive frames. */
export function intervals(result: BenchResult): number[] {
  const ends = result.frames.map((f) => f.lastResult);
  return ends.slice(1).map((end, i) => end - (ends[i] ?? 0));
}

/** The checks of any run, except that values are equal: one sentence for each that failed. */
export function runFailures(result: BenchResult, manifest: Manifest): string[] {
  if (result.aborted) return [...result.warnings];
  const failures = [...result.warnings, ...result.errors];
  if (result.errorCount > result.errors.length) {
    failures.push(`${result.errorCount - result.errors.length} more such violations.`);
  }
  if (result.hang) return [...failures, hangSentence(result.hang, result, manifest)];
  return [...failures, ...incomplete(result, manifest), ...wrongRegisters(result, manifest)];
}

/** The checks of timing, of a run without stalls. */
export function timingFailures(result: BenchResult, { predicted }: Manifest): string[] {
  if (result.hang || result.aborted) return [];
  const failures: string[] = [];
  const [before, last] = intervals(result).slice(-2);
  if (last !== predicted.cyclesPerFrame) {
    failures.push(`A frame takes ${last} cycles; ${predicted.cyclesPerFrame} were predicted.`);
  } else if (before !== last) {
    failures.push(
      `The last frames took ${before} and ${last} cycles, so there is no steady state.`,
    );
  }
  const latency = latencyOf(result);
  if (latency !== predicted.latencyCycles) {
    failures.push(`The latency is ${latency} cycles; ${predicted.latencyCycles} were predicted.`);
  }
  return failures;
}

/** From the first frame's first input beat to its last result, both included. */
export function latencyOf({ frames }: BenchResult): number {
  const first = frames[0];
  return first && first.lastResult > 0 ? first.lastResult - first.firstInput + 1 : 0;
}

function incomplete(result: BenchResult, manifest: Manifest): string[] {
  const frames = result.frames.length;
  const failures = manifest.operations.flatMap(({ name }, i) => {
    const seen = result.operationFrames[i] ?? 0;
    return seen === frames ? [] : [`${name} was seen completely in ${seen} of ${frames} frames.`];
  });
  if (result.values === 0) failures.push('Nothing was compared.');
  return failures;
}

function wrongRegisters(result: BenchResult, manifest: Manifest): string[] {
  const { registers } = result;
  if (!registers) return ['The registers were not read.'];
  const expected = {
    id: ID,
    config: Number.parseInt(manifest.hash.slice(0, 8), 16),
    errors: 0,
    frames: result.frames.length,
    cycles: intervals(result).at(-1),
  };
  return (Object.keys(expected) as (keyof typeof expected)[]).flatMap((name) =>
    registers[name] === expected[name]
      ? []
      : [`The register ${name.toUpperCase()} is ${registers[name]} instead of ${expected[name]}.`],
  );
}

function hangSentence(
  hang: NonNullable<BenchResult['hang']>,
  result: BenchResult,
  manifest: Manifest,
): string {
  const last = manifest.operations[result.lastOperation];
  const { outputFrame, outputBeat, inputFrame, inputBeat, inputReady, resultValid } = hang;
  return (
    `${hang.stream} is stuck: nothing has happened since cycle ${hang.lastProgress}. ` +
    `m_axis is at beat ${outputBeat} of frame ${outputFrame} (tvalid ${Number(resultValid)}), ` +
    `s_axis at beat ${inputBeat} of frame ${inputFrame} (tready ${Number(inputReady)}); ` +
    (last ? `the last operation seen is ${last.name}.` : 'no operation was seen.')
  );
}
