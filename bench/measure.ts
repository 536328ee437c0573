import { readdirSync, readFileSync } from 'node:fs';
import { compile, compileSteps } from '../src/compile.ts';
import { writeFolder } from '../src/emit/write-folder.ts';
import { goldenResults } from '../src/golden/index.ts';
import { stepper } from '../src/tools/index.ts';
import { simulate } from '../src/verify/index.ts';
import { goldenSubject } from './support/golden-subjects.ts';

/**
 * One measurement in a process of its own, so that nothing is warm and the peak of memory is its
 * own. Prints one JSON object.
 *
 *     tsx bench/measure.ts build DESIGN FOLDER | sim FOLDER FRAMES
 *     tsx bench/measure.ts golden FOLDER|deit-tiny-size IMAGES [WORKERS]
 */
const [kind = '', first = '', second = '', third = '1'] = process.argv.slice(2);
const measurements: Record<string, () => Promise<object>> = { build, sim, golden };
const result = await measurements[kind]?.();
if (!result) throw new Error(`there is no measurement ${kind}`);
// maxRSS is in kilobytes.
const peakMB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ...result, peakMB }));

async function build() {
  const steps: Record<string, number> = {};
  const started = performance.now();
  const step = stepper(compileSteps, ({ name, state, seconds }) => {
    if (state === 'done') steps[name] = seconds ?? 0;
  });
  const { plan, files } = await compile(first, step);
  writeFolder(second, files);
  const { estimate } = plan;
  return { seconds: (performance.now() - started) / 1000, steps, files: files.length, estimate };
}

async function sim() {
  let benchKB = 0;
  // The bench is a short-lived child; its high-water mark is read while it runs (Linux only).
  const watch = setInterval(() => {
    benchKB = Math.max(benchKB, childrenPeakKB('Vdut'));
  }, 20);
  const report = await simulate(first, {
    images: Number(second),
    stalls: false,
    seed: 1,
    trace: false,
  });
  clearInterval(watch);
  const { ok, frames, cyclesPerFrame, predictedCyclesPerFrame, valuesCompared, seconds } = report;
  if (!ok) throw new Error(`the simulation found faults: ${report.failures[0] ?? 'a mismatch'}`);
  return {
    simulator: report.simulator,
    frames,
    cyclesPerFrame,
    predictedCyclesPerFrame,
    valuesCompared,
    compileSeconds: seconds.compile,
    runSeconds: seconds.run,
    benchPeakMB: benchKB / 1024,
  };
}

async function golden() {
  const { graph, images } = goldenSubject(first, Number(second));
  const workers = Number(third);
  const started = performance.now();
  const before = process.cpuUsage();
  await goldenResults(graph, images, { workers });
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  return { images: images.length, workers, seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Largest resident set so far of the children of a name; 0 where there is no /proc. */
function childrenPeakKB(name: string): number {
  let peak = 0;
  for (const pid of processes()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const field = (key: string) => new RegExp(`^${key}:\\s+(\\S+)`, 'm').exec(status)?.[1];
      if (field('Name') !== name || Number(field('PPid')) !== process.pid) continue;
      peak = Math.max(peak, Number(field('VmHWM') ?? 0));
    } catch {
      // It has ended meanwhile.
    }
  }
  return peak;
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}
