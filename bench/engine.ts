import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { thousands } from '../src/cli/text.ts';
import { compile } from '../src/compile.ts';
import { readManifest, writeFolder } from '../src/emit/index.ts';
import type { Plan } from '../src/plan/index.ts';
import { groupUtilization, synthesize } from '../src/synth/index.ts';
import { simulate } from '../src/verify/index.ts';
import { peerEngines, peerUnits, peerUtilizations } from './peers.ts';
import { arrayTable } from './support/array-table.ts';
import {
  type AreaFigures,
  areaFigures,
  type EngineFigures,
  engineFigures,
} from './support/engine-figures.ts';
import { areaText, figuresText } from './support/engine-text.ts';
import { geluAlone } from './support/gelu-alone.ts';
import type { Measured } from './support/measured.ts';
import { comparisonText } from './support/peers-text.ts';
import { planDesign } from './support/plan-design.ts';

export interface EngineOptions {
  /** Some of `engineParts`; none means all. */
  readonly only: readonly string[];
  readonly synth: boolean;
  readonly simulate: boolean;
  readonly jobs: number;
}

interface Subject {
  readonly name: string;
  readonly design: string;
  /** Only the plan: writing, mapping or simulating it would take too long. */
  readonly planned?: true;
  /** A file without which `instead` is measured. */
  readonly needs?: string;
  readonly instead?: { readonly name: string; readonly design: string };
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const subjects: readonly Subject[] = [
  { name: 'mnist', design: path('../examples/mnist/mnist.vit.ts') },
  {
    name: 'deit-tiny-w3a3',
    design: path('./designs/deit-tiny-w3a3.vit.ts'),
    needs: path('../examples/deit-tiny-w3a3/converted/manifest.json'),
    instead: {
      name: 'deit-tiny-w3a3-random',
      design: path('./designs/deit-tiny-w3a3-random.vit.ts'),
    },
  },
  { name: 'deit-tiny-w8a8', design: path('./designs/deit-tiny-w8a8.vit.ts') },
  { name: 'deit-small-w8a8', design: path('./designs/deit-small-w8a8.vit.ts') },
  { name: 'deit-base-w8a8', design: path('./designs/deit-base-w8a8.vit.ts'), planned: true },
];

/** What `only` may name: the designs, and the array and the GELU alone. */
export const engineParts: readonly string[] = [
  ...subjects.map(({ name }) => name),
  ...['arrays', 'gelu'],
];

interface Result {
  readonly name: string;
  readonly figures: EngineFigures;
  readonly area: AreaFigures | null;
  readonly simulated: Simulated | null;
}

interface Simulated {
  readonly simulator: string;
  readonly ok: boolean;
  readonly frames: number;
  readonly cyclesPerFrame: number;
  readonly valuesCompared: number;
}

const say = (text: string) => console.error(text);

/** How busy the array is, where the rest of its cycles goes, and what it costs, beside others. */
export async function measureEngine(options: EngineOptions): Promise<Measured> {
  const chosen = (name: string) => options.only.length === 0 || options.only.includes(name);
  const results: Result[] = [];
  for (const subject of subjects) {
    if (chosen(subject.name)) results.push(await measure(present(subject), options));
  }
  const arrays = options.synth && chosen('arrays') ? await arrayTable(options.jobs, say) : null;
  const gelu = options.synth && chosen('gelu') ? await geluAlone(say) : null;
  const text = [
    ...results.map(resultText),
    ...(arrays ? [arrays.text] : []),
    ...(gelu ? [gelu.text] : []),
    ...(results.length > 0 ? [comparisonText(results)] : []),
  ];
  const designs = results.map(({ name, ...result }) => [name, result]);
  const peers = { engines: peerEngines, units: peerUnits, utilizations: peerUtilizations };
  return {
    text: text.join('\n\n'),
    json: {
      designs: Object.fromEntries(designs),
      arrays: arrays?.json ?? null,
      gelu: gelu?.json ?? null,
      peers,
    },
  };
}

function present(subject: Subject): Subject {
  const { needs, instead, name } = subject;
  if (needs === undefined || instead === undefined || existsSync(needs)) return subject;
  say(`${name} is skipped: its weights are not there. ${instead.name} is measured instead.`);
  return instead;
}

async function measure(
  { name, design, planned }: Subject,
  options: EngineOptions,
): Promise<Result> {
  say(`${name}: ${planned ? 'planning' : 'compiling'}`);
  if (planned || (!options.synth && !options.simulate)) {
    const { plan } = await planDesign(design);
    return { name, figures: engineFigures(plan), area: null, simulated: null };
  }
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-engine-'));
  try {
    const { plan, files } = await compile(design);
    writeFolder(folder, files);
    const simulated = options.simulate ? await runSimulation(folder) : null;
    const figures = engineFigures(plan);
    const area = options.synth ? await synthesized(folder, plan, figures, options) : null;
    return { name, figures, area, simulated };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function synthesized(
  folder: string,
  { parameters, estimate }: Plan,
  figures: EngineFigures,
  { jobs }: EngineOptions,
): Promise<AreaFigures> {
  const { files, top } = readManifest(folder);
  const report = await synthesize({
    ...{ folder, files: files.verilog, top, family: 'xcup', jobs, native: false },
    onRun: (text) => say(`  ${text}`),
  });
  const groups = groupUtilization(report.modules);
  const expected = parameters.HAS_SOFTMAX ? (['softmax'] as const) : [];
  for (const group of ['array', 'layerNorm', 'sequencer', ...expected] as const) {
    const { lut, dsp } = groups[group];
    if (lut + dsp === 0) throw new Error(`synthesis found nothing of ${group}`);
  }
  return areaFigures(figures, report, groups, estimate);
}

/** Three frames back to back, every value compared, without random stalls. */
async function runSimulation(folder: string): Promise<Simulated> {
  say('  simulating');
  const run = { images: 3, stalls: false, seed: 1, trace: false };
  const { simulator, ok, frames, cyclesPerFrame, valuesCompared } = await simulate(folder, run);
  return { simulator, ok, frames, cyclesPerFrame, valuesCompared };
}

function resultText({ name, figures, area, simulated }: Result): string {
  const lines = [figuresText(name, figures)];
  if (simulated) {
    const { frames, cyclesPerFrame, valuesCompared, simulator, ok } = simulated;
    const verdict = ok ? 'every value and cycle as predicted' : 'FAULTS';
    lines.push(
      `${simulator}: ${frames} frames of ${thousands(cyclesPerFrame)} cycles, ${thousands(valuesCompared)} values compared, ${verdict}`,
    );
  }
  if (area) lines.push(areaText(area));
  return lines.join('\n');
}
