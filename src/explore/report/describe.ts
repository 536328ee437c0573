import type { Board } from '../../boards/index.ts';
import { type Cause, causeNames, type LayerLosses } from '../../plan/index.ts';
import type { Operator } from '../roofline/index.ts';
import { bitsName } from '../space.ts';
import { type ExploredPlan, type Need, type ResourceName, resourceNames } from '../types.ts';

/** `W4A8`, as `bitsName`, with an asterisk where layers have bits of their own. */
export function planName({ point: { bits } }: Pick<ExploredPlan, 'point'>): string {
  if (!bits) return 'bits of the file';
  const own = bits.layers && Object.keys(bits.layers).length > 0 ? '*' : '';
  return `${bitsName(bits)}${own}`;
}

/** `2 x 32 x 16` */
export function planTile({ point: { tile } }: Pick<ExploredPlan, 'point'>): string {
  return `${tile.tokens} x ${tile.inputs} x ${tile.outputs}`;
}

export const resourceTitle: Readonly<Record<ResourceName, string>> = {
  ...{ lut: 'LUT', ff: 'FF', dsp: 'DSP', bram36: 'BRAM36', uram: 'URAM' },
};

export interface ResourceShare {
  readonly name: ResourceName;
  readonly need: number;
  readonly has: number;
  readonly share: number;
}

/** Shares of what the board has, of those resources that it has and that are modelled. */
export function sharesOf(need: Need | null, board: Board): ResourceShare[] {
  return resourceNames.flatMap((name): ResourceShare[] => {
    const has = board.resources[name];
    const own = need?.[name];
    if (has === 0 || own === null || own === undefined) return [];
    return [{ name, need: own, has, share: own / has }];
  });
}

const KINDS: Readonly<Record<Exclude<Operator['kind'], 'feedForward' | 'activation'>, string>> = {
  patchEmbedding: 'patches',
  layerNorm: 'LayerNorm',
  qkv: 'QKV',
  scores: 'QKᵀ',
  softmax: 'softmax',
  weightedValues: 'AV',
  projection: 'projection',
  residual: 'skip',
  meanPool: 'mean',
  head: 'head',
};

/** `QKV`, `FC1`, `GELU`: what papers call it. */
export function operatorTitle({ kind, name }: Pick<Operator, 'kind' | 'name'>): string {
  if (kind === 'activation') return name.endsWith('.relu') ? 'ReLU' : 'GELU';
  if (kind !== 'feedForward') return KINDS[kind];
  return `FC${Number(/linear(\d+)$/.exec(name)?.[1] ?? 0) + 1}`;
}

export function causeTitle(cause: Cause | 'useful'): string {
  return cause === 'useful' ? 'useful products' : causeNames[cause];
}

export interface LayerGroup {
  /** `block0..2.mlp, each` */
  readonly name: string;
  readonly layer: LayerLosses;
  readonly count: number;
}

/** Layers of several blocks with the same cycles and losses as one; the order of first appearance. */
export function groupLayers(layers: readonly LayerLosses[]): LayerGroup[] {
  const groups = new Map<string, LayerLosses[]>();
  for (const layer of layers) {
    const [, , part = layer.name] = /^block(\d+)\.(.+)$/.exec(layer.name) ?? [];
    const key = JSON.stringify([part, layer.cycles, layer.useful, layer.lost]);
    groups.set(key, [...(groups.get(key) ?? []), layer]);
  }
  return [...groups.values()].map((all) => {
    const [layer] = all as [LayerLosses];
    if (all.length === 1) return { name: layer.name, layer, count: 1 };
    const blocks = all.map(({ name }) => Number(/^block(\d+)/.exec(name)?.[1] ?? 0));
    const part = layer.name.replace(/^block\d+\./, '');
    return { name: `block${ranges(blocks)}.${part}, each`, layer, count: all.length };
  });
}

/** `0..2,5` */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const n of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === n - 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([a, b]) => (a === b ? String(a) : `${a}..${b}`)).join(',');
}
