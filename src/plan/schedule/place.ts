import { type Lifetime, type Placement, placeByLifetime } from '../lifetimes.ts';
import type { MatmulOperation, Unit } from '../program.ts';
import type { Step } from './steps.ts';

/** Memories of which parts of the schedule take regions. */
export const pooledMemories = ['activations', 'keys', 'scores', 'probabilities'] as const;
export type PooledMemory = (typeof pooledMemories)[number];

/** A region whose place is not yet known: its first word is `number * REGION_SPAN`. */
export interface PooledRegion {
  readonly memory: PooledMemory;
  readonly words: number;
}

/** More words than a memory can have: an address is a region's number and a word in it. */
export const REGION_SPAN = 2 ** 32;

interface Access {
  readonly memory: PooledMemory;
  readonly base: number;
  readonly write: boolean;
}

/**
 * Places the regions by their lifetimes and gives the steps their addresses. What is written when
 * another region is no longer read may lie in the same words.
 */
export function placeRegions(
  steps: readonly Step[],
  regions: readonly PooledRegion[],
): { readonly steps: Step[]; readonly depths: Readonly<Record<PooledMemory, number>> } {
  const { bases, depths } = placeLifetimes(lifetimesOf(steps, regions), regions);
  const placed = (base: number) =>
    (bases[Math.floor(base / REGION_SPAN)] ?? 0) + (base % REGION_SPAN);
  return { steps: steps.map((step) => withAddresses(step, placed)), depths };
}

/** First word of every region, and the words of every memory. */
export function placeLifetimes(
  lifetimes: readonly Lifetime[],
  regions: readonly PooledRegion[],
): { readonly bases: readonly number[]; readonly depths: Readonly<Record<PooledMemory, number>> } {
  const bases: number[] = [];
  const depths: Record<PooledMemory, number> = {
    ...{ activations: 0, keys: 0, scores: 0, probabilities: 0 },
  };
  for (const memory of pooledMemories) {
    const own = regions.flatMap((region, n) => (region.memory === memory ? [n] : []));
    const placement: Placement = placeByLifetime(own.map((n) => lifetimes[n] as Lifetime));
    own.forEach((n, i) => {
      bases[n] = placement.bases[i] as number;
    });
    depths[memory] = placement.depth;
  }
  return { bases, depths };
}

/** From the first step that writes a region to the first one that may write into its words again. */
export function lifetimesOf(
  steps: readonly Step[],
  regions: readonly PooledRegion[],
): readonly Lifetime[] {
  const lifetimes = spansOf(steps, regions);
  lifetimes.forEach(({ from, until }, n) => {
    if (until <= from) throw new Error(`region ${n} of ${regions[n]?.memory} is not read`);
  });
  return lifetimes;
}

/** The same for steps that are a part of a program: what they do not use has no length. */
export function spansOf(
  steps: readonly Step[],
  regions: readonly PooledRegion[],
): readonly Lifetime[] {
  const from: number[] = [];
  const until: number[] = [];
  steps.forEach((step, index) => {
    for (const { memory, base, write } of accessesOf(step)) {
      const n = Math.floor(base / REGION_SPAN);
      if (regions[n]?.memory !== memory) throw new Error(`${memory} has no region ${n}`);
      from[n] ??= index;
      if (!write) until[n] = Math.max(until[n] ?? 0, releasedAt(steps, index, memory));
    }
  });
  return regions.map(({ words }, n) => ({ words, from: from[n] ?? 0, until: until[n] ?? 0 }));
}

/**
 * The first step that may write over what a step reads. Products write in their order, and after
 * all products before them have read: the next one may. Another unit must be known to be over, and
 * what another unit writes waits until the product that read is known to be over.
 */
function releasedAt(steps: readonly Step[], reader: number, memory: PooledMemory): number {
  const { unit } = steps[reader] as Step;
  const writtenByProducts = memory !== 'probabilities';
  if (unit === 'matmul' && writtenByProducts) return reader + 1;
  let products = 0;
  for (let i = reader + 1; i < steps.length; i++) {
    const step = steps[i] as Step;
    const over =
      unit === 'matmul'
        ? products >= step.maxMatmul
        : step.unit === unit || step.idle.includes(unit as Unit);
    if (over) return i;
    if (step.unit === 'matmul') products++;
  }
  // The result of the frame waits for everything.
  return steps.length;
}

function accessesOf(step: Step): Access[] {
  switch (step.unit) {
    case 'matmul': {
      const { a, b, out } = step.operation;
      const accesses: Access[] = [];
      if (a.source === 'activations' || a.source === 'probabilities') {
        accesses.push({ memory: a.source, base: a.base, write: false });
      }
      if (isKeys(b)) accesses.push({ memory: 'keys', base: b.base, write: false });
      if (isPooled(out.destination)) {
        accesses.push({ memory: out.destination, base: out.base, write: true });
      }
      return accesses;
    }
    case 'softmax':
      return [
        { memory: 'scores', base: step.operation.xBase, write: false },
        { memory: 'probabilities', base: step.operation.outBase, write: true },
      ];
    default:
      return [];
  }
}

function withAddresses(step: Step, placed: (base: number) => number): Step {
  if (step.unit === 'softmax') {
    const { xBase, outBase } = step.operation;
    return {
      ...step,
      operation: { ...step.operation, xBase: placed(xBase), outBase: placed(outBase) },
    };
  }
  if (step.unit !== 'matmul') return step;
  const { a, b, out } = step.operation;
  return {
    ...step,
    operation: {
      ...step.operation,
      a: isPooled(a.source) ? { ...a, base: placed(a.base) } : a,
      b: isKeys(b) ? { ...b, base: placed(b.base) } : b,
      out: isPooled(out.destination) ? { ...out, base: placed(out.base) } : out,
    },
  };
}

function isPooled(memory: string): memory is PooledMemory {
  return pooledMemories.some((pooled) => pooled === memory);
}

function isKeys({ source }: MatmulOperation['b']): boolean {
  return source === 'keyRows' || source === 'keyColumns';
}
