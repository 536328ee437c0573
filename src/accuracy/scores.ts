import { argMax } from '../golden/index.ts';
import type { Logits } from './job.ts';

/** Shares of images, 0..1; null where nothing is known of their classes. */
export interface Score {
  readonly top1: number | null;
  readonly top5: number | null;
}

/** How often the class is the first, or among the first five, over the images that have one. */
export function scoreOf(logits: Logits, labels: readonly (number | undefined)[]): Score {
  const known = labels.flatMap((label, i) => (label === undefined ? [] : [{ label, i }]));
  if (known.length === 0) return { top1: null, top5: null };
  const share = (first: number) =>
    known.filter(({ label, i }) => rankOf(logits[i] ?? [], label) < first).length / known.length;
  return { top1: share(1), top5: share(5) };
}

/** Share of images to which both give the same class. */
export function agreementOf(a: Logits, b: Logits): number {
  const same = a.filter((row, i) => argMax(row) === argMax(b[i] ?? [])).length;
  return a.length > 0 ? same / a.length : 0;
}

/** Classes before this one: of equal logits the first counts, as `argMax` has it. */
function rankOf(row: readonly number[], label: number): number {
  const own = row[label];
  if (own === undefined) return Number.POSITIVE_INFINITY;
  return row.filter((v, i) => v > own || (v === own && i < label)).length;
}
