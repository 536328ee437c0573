import { type EngineShape, latencies, tokenWords } from '../engine.ts';
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
  const result: Step[] = [];
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step;
    const norm = steps[i + 1];
    const overlapped =
      step.unit === 'matmul' && norm?.unit === 'layerNorm'
        ? cutAround(step, norm, followers(steps, i + 2), shape, groups)
        : null;
    if (overlapped) {
      result.push(...overlapped.steps);
      i += 1 + overlapped.used;
    } else {
      result.push(step);
    }
  }
  return result;
}

/** The products that stream what the LayerNorm before them writes, up to the first other step. */
function followers(steps: readonly Step[], from: number): MatmulStep[] {
  const products: MatmulStep[] = [];
  for (const step of steps.slice(from)) {
    if (step.unit !== 'matmul' || step.operation.a.source !== 'normalized') break;
    products.push(step);
  }
  return products;
}

function cutAround(
  before: MatmulStep,
  norm: LayerNormStep,
  after: readonly MatmulStep[],
  shape: EngineShape,
  groups: number,
): { readonly steps: Step[]; readonly used: number } | null {
  const { rows } = norm.operation;
  const words = tokenWords(shape, rows);
  if (before.operation.rows !== rows || after.length === 0 || words < 2) return null;
  const middle = Math.ceil(words / 2) * shape.tokens;
  const halves = [
    { firstRow: 0, rows: middle },
    { firstRow: middle, rows: rows - middle },
  ] as const;
  const [first, second] = halves;
  const normCycles = (n: number) => (n + 1) * groups + 18;
  const { result, loadRows } = latencies(shape);
  // Issue to issue is three cycles, a result is seen one cycle after it is written.
  const handOver = result + loadRows + 8;

  // Columns of the product before: enough for the first half of LayerNorm beside the second half.
  const tiles = columnTiles(before.operation, shape);
  const tail = Math.min(
    tiles,
    Math.ceil((normCycles(first.rows) + handOver) / tileCycles(before.operation, second, shape)),
  );
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

  // Columns of the products after: enough for the second half of LayerNorm.
  const upper: MatmulStep[] = [];
  const lower: MatmulStep[] = [];
  const rest: MatmulStep[] = [];
  let left = normCycles(second.rows) + handOver;
  for (const step of after) {
    const { operation } = step;
    const all = columnTiles(operation, shape);
    const n = left > 0 ? Math.min(all, Math.ceil(left / tileCycles(operation, first, shape))) : 0;
    left -= n * tileCycles(operation, first, shape);
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
  const [opening, ...others] = upper;
  if (!opening) return null;
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
  return {
    steps: [
      ...producing,
      normHalf(first, '.upper'),
      waiting(opening),
      normHalf(second, '.lower'),
      ...others,
      ...lower.map((step, i) => (i === 0 ? waiting(step) : step)),
      ...rest,
    ],
    used: after.length,
  };
}

/** Cycles of one tile of columns over some of the rows. */
function tileCycles(
  operation: MatmulOperation,
  { rows }: { readonly rows: number },
  shape: EngineShape,
): number {
  const { minPass, loadRows } = latencies(shape);
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
