import { isChannels } from '../import/index.ts';
import type { ImageFormat } from '../model/index.ts';

/**
 * ONNX Runtime as the reference of accuracy: an optional dependency, `onnxruntime-node`, whose
 * binaries for the CPU come with its package. Without it Vitrum's own float model is the reference.
 */

/** What is used of the package; it has no types where it is not installed. */
interface Package {
  readonly env: { readonly versions: { readonly common: string; readonly node?: string } };
  readonly InferenceSession: {
    create(file: string, options: Readonly<Record<string, unknown>>): Promise<Session>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown;
}

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly {
    readonly type?: string;
    readonly shape?: readonly (number | string)[];
  }[];
  run(
    feeds: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, { readonly data: ArrayLike<number> }>>>;
}

/**
 * As the nodes say, one thread: fused integer kernels saturate sums of `uint8 x int8` pairs at 16 bits
 * on CPUs without VNNI, and images are shared out to threads already.
 */
const OPTIONS = {
  graphOptimizationLevel: 'disabled',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionProviders: ['cpu'],
  logSeverityLevel: 4,
};

async function load(): Promise<Package | null> {
  // Not a literal, so that the sources type-check where the package is missing.
  const name = 'onnxruntime-node';
  try {
    const loaded = (await import(name)) as Package & { readonly default?: Package };
    return loaded.default ?? loaded;
  } catch {
    return null;
  }
}

/** Whether ONNX Runtime can be the reference of a file, or why not. */
export async function onnxRuntimeFor(
  file: string,
): Promise<{ readonly version: string } | { readonly reason: string }> {
  const found = await load();
  if (!found) return { reason: 'the package onnxruntime-node is not installed' };
  try {
    const { inputMetadata } = await found.InferenceSession.create(file, OPTIONS);
    const type = inputMetadata[0]?.type;
    if (type !== undefined && type !== 'float32') return { reason: `its input is ${type}` };
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { reason: `ONNX Runtime cannot load the file: ${line}` };
  }
  const { common, node = common } = found.env.versions;
  return { version: node };
}

/** A file made ready for many images: pixels `[row][column][channel]` to logits. */
export async function prepareOnnx(
  file: string,
  image: ImageFormat,
): Promise<(pixels: Uint8Array) => Promise<ArrayLike<number>>> {
  const found = await load();
  if (!found) throw new Error('onnxruntime-node is gone');
  const session = await found.InferenceSession.create(file, OPTIONS);
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  const shape = session.inputMetadata[0]?.shape ?? [];
  const [, first, , last] = shape.map((n) => (typeof n === 'number' ? n : undefined));
  const channelsLast = isChannels(last) && !isChannels(first);
  const { height, width, channels } = image;
  const dims = channelsLast ? [1, height, width, channels] : [1, channels, height, width];
  return async (pixels) => {
    const tensor = new found.Tensor('float32', normalized(pixels, image, channelsLast), dims);
    const results = await session.run({ [input]: tensor });
    const logits = results[output];
    if (!logits) throw new Error(`ONNX Runtime gave no ${output}`);
    return logits.data;
  };
}

/** `(pixel / 255 - mean) / std`, channels first unless said otherwise. */
function normalized(
  pixels: Uint8Array,
  { height, width, channels, mean, std }: ImageFormat,
  channelsLast: boolean,
): Float32Array {
  const size = height * width;
  const x = new Float32Array(channels * size);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) {
      const value = ((pixels[i * channels + c] as number) / 255 - (mean[c] ?? 0)) / (std[c] ?? 1);
      x[channelsLast ? i * channels + c : c * size + i] = value;
    }
  }
  return x;
}
