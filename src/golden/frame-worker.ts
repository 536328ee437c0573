import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { IntegerGraph } from '../ir/index.ts';
import { type Frame, frameCodes } from './encode-image.ts';
import { type Keep, prepareGolden } from './golden.ts';

/** What a worker thread is given once. */
export interface FrameWork {
  readonly graph: IntegerGraph;
  readonly keep: Keep;
}

const { graph, keep } = workerData as FrameWork;
const golden = prepareGolden(graph, keep);

/** One image in a worker thread: a `GoldenTensors`, whose codes are handed over and not copied. */
export function runFrame(frame: Frame) {
  const tensors = golden(frameCodes(graph.input, frame));
  return move({
    [valueSymbol]: tensors,
    [transferableSymbol]: Array.from(tensors.values(), ({ buffer }) => buffer as ArrayBuffer),
  });
}
