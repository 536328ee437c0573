/** The codes of a tensor that an earlier node made. */
export type ReadTensor = (name: string) => Int32Array;

/** Puts integers beside a tensor: the exponents of its rows. */
export type WriteTensor = (name: string, values: Int32Array) => void;

/** A node made ready to run on many images: reads its inputs, gives the codes of its output. */
export type Evaluator = (read: ReadTensor, write?: WriteTensor) => Int32Array;

/** Dimension `axis` of a shape; an internal error when it has none. */
export function dimension(shape: readonly number[], axis: number): number {
  const size = shape[axis];
  if (size === undefined) throw new Error(`the shape [${shape.join(', ')}] has no axis ${axis}`);
  return size;
}
