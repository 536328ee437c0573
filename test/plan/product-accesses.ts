import type { EngineShape, MatmulOperation } from '../../src/plan/index.ts';
import { type Access, read, type Subject } from './access.ts';
import { type Names, operandsOf, PADDING } from './names.ts';
import { arrayLatency, RESULT_STAGES, type Timing } from './timeline.ts';

/** The epilogue takes what it adds so many cycles after a word leaves the array; see vt_matmul.v. */
const SKIP_STAGES = 5;

/** Tiles of the stationary operand, parameters, streamed words, addends and results. */
export function* productAccesses(
  { graph, shape }: Subject,
  names: Names,
  op: MatmulOperation,
  timing: Timing,
): Generator<Access> {
  const { tokens: TP, inputs: TI, outputs: TO } = shape;
  const array = arrayLatency(shape);
  const word = Math.max(TI, TO);
  const operands = operandsOf(graph, names, op);
  const kTiles = Math.ceil(op.reduction / TI);
  const words = Math.ceil(op.rows / TP);
  const inRows = (row: number) => row < op.rows;
  const split = op.a.source === 'activations' || op.a.source === 'normalized' ? word / TI : 1;
  const { destination } = op.out;
  const outSplit = destination === 'activations' || destination === 'keys' ? word / TO : 1;

  for (const [p, { loading, taken }] of timing.tiles.entries()) {
    const [k, o] = [p % kTiles, Math.floor(p / kTiles)];
    yield* tileAccesses(op, shape, operands, { k, o, kTiles, firstStep: loading + 1 });
    if (k === 0) {
      for (let j = 0; j < TO; j++) {
        if (o * TO + j >= op.columns) continue;
        const values = [operands.parameter(o * TO + j)];
        const at = op.parameterBase + o * TO + j;
        yield { ...read('parameters', 'parameters', loading + 1 + j, at), lanes: [0], values };
      }
    }
    for (let w = 0; w < words; w++) {
      const issue = taken + 1 + w;
      const [lanes, values]: [number[], number[]] = [[], []];
      for (let t = 0; t < TP; t++) {
        const row = w * TP + t;
        if (row < op.lead || !inRows(row)) continue;
        for (let i = 0; i < TI && k * TI + i < op.reduction; i++) {
          const value = operands.streamed(row, k * TI + i);
          if (value === null) continue;
          lanes.push((t * split + (k % split)) * TI + i);
          values.push(value);
        }
      }
      const address = op.a.base + w * op.a.stride + Math.floor(k / split);
      yield { ...read('streamed', op.a.source, issue, address), lanes, values };
      if (k < kTiles - 1) continue;
      if (op.skip) yield addend(op, shape, operands, o, w, issue + array + SKIP_STAGES);
      const part = op.out.part + o;
      yield {
        ...resultOf(op, names, shape, o, w, { outSplit, part: part % outSplit }),
        cycle: issue + array + RESULT_STAGES,
        word: op.out.base + w * op.out.stride + Math.floor(part / outSplit),
      };
    }
  }
}

/** The stationary operand of one tile. */
function* tileAccesses(
  op: MatmulOperation,
  { tokens: TP, inputs: TI, outputs: TO }: EngineShape,
  operands: ReturnType<typeof operandsOf>,
  tile: { k: number; o: number; kTiles: number; firstStep: number },
): Generator<Access> {
  const { k, o, kTiles, firstStep } = tile;
  const { source, base, stride } = op.b;
  const word = Math.max(TI, TO);
  const byColumns = source === 'keyColumns';
  const isWeight = source === 'weights' || source === 'weightStream';
  for (let step = 0; step < (byColumns ? TI : TO); step++) {
    const [lanes, values]: [number[], number[]] = [[], []];
    // The index that the steps walk over, and the first of the others that a step brings.
    const walked = byColumns ? k * TI + step : o * TO + step;
    if (walked >= (byColumns ? op.reduction : op.columns)) continue;
    const split = byColumns ? word / TO : word / TI;
    const [part, width] = byColumns ? [o, TO] : [k, TI];
    const first = isWeight ? 0 : ((walked % TP) * split + (part % split)) * width;
    for (let i = 0; i < width; i++) {
      const other = part * width + i;
      if (other >= (byColumns ? op.columns : op.reduction)) break;
      lanes.push(first + i);
      values.push(
        byColumns ? operands.stationary(other, walked) : operands.stationary(walked, other),
      );
    }
    const address = isWeight
      ? base + (o * kTiles + k) * TO + step
      : base + Math.floor(walked / TP) * stride + Math.floor(part / split);
    const memory = isWeight ? source : 'keys';
    yield { ...read('stationary', memory, firstStep + step, address), lanes, values };
  }
}

/** What the epilogue adds. Offsets that are added to the accumulator come three cycles earlier. */
function addend(
  { skip, rows, columns }: MatmulOperation,
  { tokens: TP, outputs: TO }: EngineShape,
  operands: ReturnType<typeof operandsOf>,
  o: number,
  w: number,
  cycle: number,
): Access {
  if (!skip) throw new Error('nothing is added');
  const [lanes, values]: [number[], number[]] = [[], []];
  for (let lane = 0; lane < TP * TO; lane++) {
    const [row, column] = [w * TP + Math.floor(lane / TO), o * TO + (lane % TO)];
    if (row >= rows || column >= columns) continue;
    lanes.push(lane);
    values.push(operands.residual(row, column));
  }
  const memory = skip.source === 'residual' ? 'residual' : 'offset';
  const when = skip.source === 'bias' ? cycle - 3 : cycle;
  const address = skip.base + w * skip.stride + o;
  return { ...read(`${memory} skip`, memory, when, address), lanes, values };
}

function resultOf(
  op: MatmulOperation,
  names: Names,
  { tokens: TP, outputs: TO }: EngineShape,
  o: number,
  w: number,
  { outSplit, part }: { outSplit: number; part: number },
) {
  const { tensor, head, rowOffset, columnOffset } = op.tap;
  const [lanes, values]: [number[], number[]] = [[], []];
  const memory = op.out.destination;
  for (let t = 0; t < (memory === 'result' ? 1 : TP); t++) {
    for (let j = 0; j < TO; j++) {
      const [row, column] = [w * TP + t, o * TO + j];
      lanes.push((t * outSplit + part) * TO + j);
      values.push(
        row < op.rows && column < op.columns
          ? names.of(tensor, rowOffset + row, columnOffset + column, head ?? 0)
          : PADDING,
      );
    }
  }
  return { port: `${memory} write`, write: true, memory, lanes, values } as const;
}
