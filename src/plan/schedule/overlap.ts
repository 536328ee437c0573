import { type EngineShape, type Latencies, latencies, tokenWords } from '../engine.ts';
import type { LayerNormOperation, MatmulOperation, Unit } from '../program.ts';
import { columnTiles, type Slice, sliceMatmul } from './slice.ts';
import type { LayerNormStep, MatmulStep, Step } from './steps.ts';

/**
 * Hides LayerNorm behind the products around it. A row of the residual stream is complete when the
 * last column of the product before it is, so the last columns of that product are computed in two
 * halves of the rows: while the array works on the second half, LayerNorm works on the first. The
 * first columns of the products that follow are cut the same way.
 *
 *     before   LayerNorm   after         product     [.......][-----]
 *                                        LayerNorm            [first ][second]
 *                                        next                         [-----][.....
 *
 * Cutting costs no cycles as long as half a pass is no shorter than a pass may be; the weights of
 * the columns concerned are loaded twice.
 *
 * @param groups groups of VL channels in a token
 */
export function overlapNorms(
  steps: readonly Step[],
  shape: EngineShape,
  groups: number,
): readonly Step[] {
  const sites = normSites(steps, shape);
  return cutAtNorms(steps, sites, normCuts(sites, shape, groups, latencies(shape)), shape, groups);
}

/** A LayerNorm between products that can be cut; neither lanes nor latencies decide that. */
export interface NormSite {
  /** Number of the step before the LayerNorm. */
  readonly at: number;
  readonly before: MatmulStep;
  readonly norm: LayerNormStep;
  /** The products that stream what it writes; at least one. */
  readonly after: readonly MatmulStep[];
}

/** Tiles of columns that are cut: the last ones of the product before, the first of each after. */
export interface NormCut {
  readonly tail: number;
  readonly heads: readonly number[];
}

/** Where steps can be cut. */
export function normSites(steps: readonly Step[], shape: EngineShape): readonly NormSite[] {
  const sites: NormSite[] = [];
  for (let at = 0; at < steps.length; at++) {
    const before = steps[at] as Step;
    const norm = steps[at + 1];
    if (before.unit !== 'matmul' || norm?.unit !== 'layerNorm') continue;
    const after = followers(steps, at + 2);
    const { rows } = norm.operation;
    if (before.operation.rows !== rows || after.length === 0) continue;
    if (tokenWords(shape, rows) < 2) continue;
    sites.push({ at, before, norm, after });
    at += 1 + after.length;
  }
  return sites;
}

/** The products that stream what the LayerNorm before them writes, up to the first other step. */
function followers(steps: readonly Step[], from: number): MatmulStep[] {
  const products: MatmulStep[] = [];
  for (let i = from; i < steps.length; i++) {
    const step = steps[i] as Step;
    if (step.unit !== 'matmul' || step.operation.a.source !== 'normalized') break;
    products.push(step);
  }
  return products;
}

/** How much is cut at each site. */
export function normCuts(
  sites: readonly NormSite[],
  shape: EngineShape,
  groups: number,
  latency: Latencies,
): readonly NormCut[] {
  // Issue to issue is three cycles, a result is seen one cycle after it is written.
  const handOver = latency.result + latency.loadRows + 8;
  return sites.map(({ before, norm, after }) => {
    const [first, second] = halvesOf(norm.operation.rows, shape);
    // Of the product before: enough for the first half of LayerNorm beside the second half.
    const tail = Math.min(
      columnTiles(before.operation),
      Math.ceil(
        (normCycles(first.rows, groups) + handOver) /
          tileCycles(before.operation, second, shape, latency),
      ),
    );
    // Of the products after: enough for the second half of LayerNorm.
    let left = normCycles(second.rows, groups) + handOver;
    const heads = after.map(({ operation }) => {
      const cycles = tileCycles(operation, first, shape, latency);
      const n = left > 0 ? Math.min(columnTiles(operation), Math.ceil(left / cycles)) : 0;
      left -= n * cycles;
      return n;
    });
    return { tail, heads };
  });
}

/** Steps cut at sites of theirs. */
export function cutAtNorms(
  steps: readonly Step[],
  sites: readonly NormSite[],
  cuts: readonly NormCut[],
  shape: EngineShape,
  groups: number,
): readonly Step[] {
  const result: Step[] = [];
  let from = 0;
  sites.forEach((site, i) => {
    result.push(...steps.slice(from, site.at));
    result.push(...cutAround(site, cuts[i] as NormCut, shape, groups));
    from = site.at + 2 + site.after.length;
  });
  result.push(...steps.slice(from));
  return result;
}

/** Rows of the two halves, the first of whole words. */
function halvesOf(rows: number, shape: EngineShape) {
  const middle = Math.ceil(tokenWords(shape, rows) / 2) * shape.tokens;
  return [
    { firstRow: 0, rows: middle },
    { firstRow: middle, rows: rows - middle },
  ] as const;
}

/**
 * What a LayerNorm is reckoned to take when it is decided how much to cut. The cycles more that steps
 * per token take are left out: with them larger cuts made 9 of 128 plans slower and 3 faster. The
 * cycles of a plan are counted with them (`layerNormCycles`).
 */
function normCycles(rows: number, groups: number): number {
  return (rows + 1) * groups + 18;
}

function cutAround(
  { before, norm, after }: NormSite,
  { tail, heads }: NormCut,
  shape: EngineShape,
  groups: number,
): Step[] {
  const { rows } = norm.operation;
  const halves = halvesOf(rows, shape);
  const [first, second] = halves;
  const tiles = columnTiles(before.operation);
  const columns = { firstTile: tiles - tail, tiles: tail };
  const cut = (operation: MatmulOperation, slice: Slice, suffix: string): MatmulOperation => ({
    ...sliceMatmul(operation, slice, shape),
    name: `${operation.name}${suffix}`,
  });
  const whole = { firstRow: 0, rows };
  const parts = [
    { slice: { ...whole, firstTile: 0, tiles: tiles - tail }, suffix: '.columns' },
    { slice: { ...first, ...columns }, suffix: '.upper' },
    { slice: { ...second, ...columns }, suffix: '.lower' },
  ].filter(({ slice }) => slice.tiles > 0);
  const producing = parts.map(
    ({ slice, suffix }, i): MatmulStep => ({
      ...before,
      operation: cut(before.operation, slice, suffix),
      // The first part waits for what the whole would have waited for.
      ...(i > 0 && { maxMatmul: 3, idle: [] }),
    }),
  );

  const upper: MatmulStep[] = [];
  const lower: MatmulStep[] = [];
  const rest: MatmulStep[] = [];
  for (const [i, step] of after.entries()) {
    const { operation } = step;
    const all = columnTiles(operation);
    const n = heads[i] as number;
    const head = { firstTile: 0, tiles: n };
    const idle = step.idle.filter((unit) => unit !== 'layerNorm');
    const push = (to: MatmulStep[], slice: Slice, suffix: string) =>
      to.push({ ...step, idle, operation: cut(operation, slice, suffix) });
    if (n > 0) {
      push(upper, { ...first, ...head }, '.upper');
      push(lower, { ...second, ...head }, '.lower');
    }
    if (n === 0) rest.push({ ...step, idle });
    else if (n < all) push(rest, { ...whole, firstTile: n, tiles: all - n }, '.columns');
  }
  // The first of them is always cut: there is a LayerNorm to wait for.
  const [opening, ...others] = upper as [MatmulStep, ...MatmulStep[]];
  const normHalf = (half: (typeof halves)[number], suffix: string): LayerNormStep => ({
    ...norm,
    operation: normSlice(norm.operation, half, shape, groups, suffix),
    // The half that it reads is complete; the product issued after that may be under way.
    maxMatmul: 1,
  });
  const waiting = (step: MatmulStep): MatmulStep => ({
    ...step,
    idle: [...step.idle, 'layerNorm' satisfies Unit],
  });
  return [
    ...producing,
    normHalf(first, '.upper'),
    waiting(opening),
    normHalf(second, '.lower'),
    ...others,
    ...lower.map((step, i) => (i === 0 ? waiting(step) : step)),
    ...rest,
  ];
}

/** Cycles of one tile of columns over some of the rows. */
function tileCycles(
  operation: MatmulOperation,
  { rows }: { readonly rows: number },
  shape: EngineShape,
  { minPass, loadRows }: Latencies,
): number {
  const kTiles = Math.ceil(operation.reduction / shape.inputs);
  return kTiles * Math.max(tokenWords(shape, rows), minPass, loadRows);
}

function normSlice(
  operation: LayerNormOperation,
  { firstRow, rows }: { readonly firstRow: number; readonly rows: number },
  shape: EngineShape,
  groups: number,
  suffix: string,
): LayerNormOperation {
  const words = tokenWords(shape, firstRow);
  return {
    ...operation,
    name: `${operation.name}${suffix}`,
    rows,
    xBase: operation.xBase + words * Math.ceil((groups * shape.vector) / shape.outputs),
    outBase:
      operation.outBase +
      words * Math.ceil((groups * shape.vector) / Math.max(shape.inputs, shape.outputs)),
    tap: { ...operation.tap, rowOffset: operation.tap.rowOffset + firstRow },
  };
}
