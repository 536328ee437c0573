import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBoard } from '../src/boards/index.ts';
import { table, thousands } from '../src/cli/text.ts';
import { multiplierKinds } from '../src/dsl/design.ts';
import { loadAnyDesign } from '../src/dsl/load.ts';
import { pointLimits } from '../src/explore/binding.ts';
import { graphSource } from '../src/explore/graphs/prepare.ts';
import { bitsName, explore, type VerifiedPlan, verifyPlans } from '../src/explore/index.ts';
import { bitsOfDesign } from '../src/explore/plan-file/index.ts';
import { createRunner, type TileResult } from '../src/explore/search/task.ts';
import { BUSES, tileGroups, USUAL_BITS } from '../src/explore/space.ts';
import { openStore } from '../src/tools/store.ts';
import { cacheFolder } from '../src/verify/cache.ts';
import { type AllocatorsOptions, benchAllocators } from './allocators.ts';
import { besidePublished } from './search-published.ts';
import type { Measured } from './support/measured.ts';

export const searchParts = ['published', 'targets', 'model', 'speed', 'allocators'] as const;

export interface SearchOptions {
  /** Some of `searchParts`; none means all. */
  readonly only: readonly string[];
  /** Models of the targets: tiny, small, base. */
  readonly models: readonly string[];
}

/** Test images, and others for the sensitivity of layers. */
const ALLOCATED: AllocatorsOptions = { images: 1000, probes: 64, models: ['mnist', 'cifar10'] };

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const designs: Readonly<Record<string, string>> = {
  tiny: path('../examples/deit-tiny/deit-tiny.vit.ts'),
  small: path('./designs/deit-small-w8a8.vit.ts'),
  base: path('./designs/deit-base-w8a8.vit.ts'),
};
const boards = ['zcu102', 'kv260', 'vck190'];
const targets = [24, 30, 60, 100, 200];
const bits = [
  [8, 8],
  [6, 6],
  [4, 8],
  [4, 4],
  [3, 3],
].map(([weights = 8, activations = 8]) => ({ weights, activations }));

/** What the search finds for frame rates, how right its model is, and how fast it is. */
export async function measureSearch({ only, models }: SearchOptions): Promise<Measured> {
  const wanted = (part: (typeof searchParts)[number]) => only.length === 0 || only.includes(part);
  const published = wanted('published') ? await besidePublished(designs, models) : null;
  const found = wanted('targets') ? await precisions(models) : null;
  const verified = wanted('model') ? await modelErrors() : null;
  const speed = wanted('speed') ? await planSpeed() : null;
  const allocated = wanted('allocators') ? await benchAllocators(ALLOCATED) : null;
  const text = [
    ...(published ? ['beside published searches, LUTs estimated', published.text] : []),
    ...(found ? ['precision chosen, in frames per second reached', targetText(found)] : []),
    ...(verified ? ['predicted and measured (Yosys, Verilator)', errorText(verified)] : []),
    ...(speed ? [speedText(speed)] : []),
    ...(allocated ? ['bits of weights by layer, at equal memory', allocated.text] : []),
  ];
  return {
    text: text.join('\n\n'),
    json: {
      published: published?.json ?? null,
      targets: found,
      model: verified,
      speed,
      allocators: allocated?.json ?? null,
    },
  };
}

interface Found {
  readonly model: string;
  readonly board: string;
  readonly clockMHz: number;
  readonly target: number;
  readonly reached: boolean;
  /** Null where nothing fits. */
  readonly bits: string | null;
  readonly framesPerSecond: number | null;
  readonly lut: number | null;
  readonly dsp: number | null;
  readonly bram36: number | null;
}

async function precisions(models: readonly string[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const model of models) {
    for (const board of boards) {
      for (const target of targets) {
        const { result } = await explore(designs[model] as string, {
          ...{ board, targetFps: target, bits, alternatives: false },
        });
        const { answer, reached } = result;
        const need = answer?.evaluation.need;
        found.push({
          ...{ model, board, target, reached },
          clockMHz: answer?.point.clockMHz ?? result.board.defaultClockMHz,
          bits: answer ? bitsName(answer.point.bits) : null,
          framesPerSecond: answer?.evaluation.framesPerSecond ?? null,
          lut: need?.lut ?? null,
          dsp: need?.dsp ?? null,
          bram36: need?.bram36 ?? null,
        });
        console.error(`deit-${model} ${board} ${target}: ${JSON.stringify(found.at(-1))}`);
      }
    }
  }
  return found;
}

function targetText(found: readonly Found[]): string {
  const rows = new Map<string, Found[]>();
  for (const one of found) {
    const key = `deit-${one.model}, ${one.board} at ${one.clockMHz} MHz`;
    rows.set(key, [...(rows.get(key) ?? []), one]);
  }
  const cell = ({ bits: chosen, framesPerSecond, reached }: Found) =>
    chosen === null
      ? 'nothing fits'
      : `${reached ? '' : 'at most '}${framesPerSecond?.toFixed(0)} ${chosen}`;
  return table([
    ['', ...targets.map((target) => `${target} fps`)],
    ...[...rows].map(([key, all]) => [key, ...all.map(cell)]),
  ]);
}

/** The best plans of a small design, built and measured. */
async function modelErrors(): Promise<readonly VerifiedPlan[]> {
  const tiny = path('../examples/tiny/tiny.vit.ts');
  const { result } = await explore(tiny, { board: 'zcu104', bits: bits.slice(0, 1), workers: 1 });
  return verifyPlans(tiny, result, 3);
}

function errorText(verified: readonly VerifiedPlan[]): string {
  const error = (predicted: number, measured: number) =>
    measured === 0 ? '-' : `${((100 * (predicted - measured)) / measured).toFixed(1)} %`;
  const rows = verified.map(({ plan: { point, evaluation }, measured, agrees }) => {
    const { tokens, inputs, outputs } = point.tile;
    const { need, cyclesPerFrame } = evaluation;
    return [
      `${tokens} x ${inputs} x ${outputs} ${point.multipliers}`,
      `${cyclesPerFrame} ${agrees ? 'exact' : `but ${measured.cyclesPerFrame}`}`,
      `${need.lut} of ${measured.lut}, ${error(need.lut, measured.lut)}`,
      `${need.dsp} of ${measured.dsp}`,
      `${need.bram36} of ${measured.bram36}`,
    ];
  });
  return table([['tile', 'cycles', 'LUT', 'DSP', 'BRAM36'], ...rows]);
}

interface Speed {
  readonly points: number;
  readonly evaluated: number;
  readonly cut: number;
  readonly cpuSeconds: number;
  /** Points worked out, nothing known before, per second of processor time of one thread. */
  readonly evaluatedPerSecond: number;
  /** Points worked out or cut. */
  readonly decidedPerSecond: number;
}

/**
 * Every tile of DeiT-tiny on a ZCU102 at nine pairs of bits, in one thread, from nothing but the
 * graphs. The machine's other work does not count, but its caches do: quote it with the load.
 */
async function planSpeed(): Promise<Speed> {
  const { design, folder } = await loadAnyDesign(designs.tiny as string);
  const own = bitsOfDesign(design);
  const candidates = USUAL_BITS.map(([weights, activations]) =>
    own ? { ...own, weights, activations } : null,
  );
  const store = openStore(join(cacheFolder(), 'explore'));
  const { graphs } = graphSource(design, folder, store).prepare(candidates);
  const board = loadBoard('zcu102', '.');
  const run = createRunner(graphs.map(({ checked }) => checked));
  const options = {
    ...{ clocksMHz: [250], multipliers: multiplierKinds, primitives: [false, true] },
    ...{ lutOutputs: null, lutOperands: null, onChip: true, buses: BUSES },
  };
  const counts = { points: 0, evaluated: 0, cut: 0 };
  const before = process.cpuUsage();
  for (const tile of tileGroups(false)) {
    const limits = { limits: pointLimits(board, 250) };
    const task = { kind: 'tile', board, tile, options, tooSlow: false, ...limits } as const;
    const found = run({ ...task, graphs: graphs.map((_, i) => i) }) as TileResult;
    counts.points += found.points;
    counts.evaluated += found.evaluated;
    counts.cut += found.cut;
  }
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  return {
    ...{ ...counts, cpuSeconds },
    evaluatedPerSecond: counts.evaluated / cpuSeconds,
    decidedPerSecond: counts.points / cpuSeconds,
  };
}

function speedText(speed: Speed): string {
  const { points, evaluated, cut, cpuSeconds } = speed;
  return [
    `${thousands(points)} points in ${cpuSeconds.toFixed(2)} s of one core: ${thousands(evaluated)} worked out, ${thousands(cut)} cut`,
    `${thousands(Math.round(speed.evaluatedPerSecond))} worked out, ${thousands(Math.round(speed.decidedPerSecond))} decided a second`,
  ].join('\n');
}
