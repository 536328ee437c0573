import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WeightSource } from '../dsl/design.ts';
import type { ImageFormat } from '../model/index.ts';
import { keyOf } from '../tools/store.ts';
import { OWN_MODEL, type Reference } from './measure.ts';
import { onnxRuntimeFor } from './onnxruntime.ts';

/** ONNX Runtime on the weights file where it can run it; otherwise why it is Vitrum's own model. */
export async function referenceOf(
  weights: WeightSource,
  image: ImageFormat,
  folder: string,
): Promise<{ readonly reference: Reference | undefined; readonly name: string }> {
  const own = (reason: string) => ({ reference: undefined, name: `${OWN_MODEL}: ${reason}` });
  if (weights.kind !== 'onnx') return own('the weights are no file');
  const file = resolve(folder, weights.file);
  const found = await onnxRuntimeFor(file);
  if ('reason' in found) return own(found.reason);
  const name = `ONNX Runtime ${found.version}, graph optimizations off`;
  const key = keyOf(name, readFileSync(file), image);
  return { reference: { name, key, network: { kind: 'onnx', file, image } }, name };
}
