import type { IntegerGraph } from '../ir/index.ts';
import {
  type EngineParameters,
  type EngineShape,
  type Program,
  packWeightStream,
  parameterOffset,
  type WeightStream,
} from '../plan/index.ts';
import { parameterValues } from './constant-images.ts';
import { weightStreamImage } from './weight-images.ts';

/** What lies in external memory. */
export interface ExternalImage {
  /** The weights, then the parameters of channels from a new page on. */
  readonly bytes: Uint8Array;
  readonly weightBytes: number;
  /** Where parameters lie; null where they are on chip. */
  readonly parameters: { readonly offset: number; readonly bytes: number } | null;
}

/** Contents of external memory from the base address on; null where all is on chip. */
export function externalImage(
  graph: IntegerGraph,
  program: Program,
  shape: EngineShape,
  p: EngineParameters,
): ExternalImage | null {
  const weights = weightStreamImage(graph, program, shape, p);
  if (!weights || !p.stream) return null;
  const weightBytes = weights.length;
  if (!p.parameterStream) return { bytes: weights, weightBytes, parameters: null };
  const own = parameterImage(graph, program, p, p.parameterStream);
  const offset = parameterOffset(p.stream);
  const bytes = new Uint8Array(offset + own.length);
  bytes.set(weights);
  bytes.set(own, offset);
  return { bytes, weightBytes, parameters: { offset, bytes: own.length } };
}

/** The parameters of channels in the order in which the tiles of a frame take them. */
function parameterImage(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
  stream: WeightStream,
): Uint8Array {
  const values = parameterValues(graph, program, p).map(([bias, multiplier]) => [
    ...bitsOf(bias, p.BIAS_BITS),
    ...bitsOf(multiplier, stream.wordBits - p.BIAS_BITS),
  ]);
  const ordered = program.matmuls.flatMap(({ parameterBase, columns, outputs }) =>
    values.slice(parameterBase, parameterBase + Math.ceil(columns / outputs) * p.TO),
  );
  return packWeightStream(stream, ordered, 1);
}

/** The bits of a number in two's complement, the lowest first. */
function bitsOf(value: number, bits: number): number[] {
  // Beyond 32 bits there are no bit operators.
  return Array.from({ length: bits }, (_, i) => Math.abs(Math.floor(value / 2 ** i) % 2));
}
