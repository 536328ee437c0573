import { basename } from 'node:path';
import type { Model, Parameters } from '../model/index.ts';
import { nodeOrder } from './graph/order.ts';
import type { Encoder } from './match/encoder.ts';
import { modelOf, type PixelFormat, parametersOf } from './model.ts';
import { type OnnxGraph, readOnnx } from './onnx/read.ts';
import { encoderIn, type ImageSize, orRefuse } from './onnx.ts';
import { isQuantized, KEEP_HINT, unsupportedQuantized } from './quantized/index.ts';
import { createReporter, type Reporter } from './reporter.ts';

/** What a model file holds, without a design beside it. */
export interface Inspection {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly encoder: Encoder;
  readonly opset: number;
  /** Nodes that the output needs, by operator; all of them are supported. */
  readonly operators: Readonly<Record<string, number>>;
  /** Nodes that the output does not need. */
  readonly unused: number;
}

export interface InspectOptions {
  /** Height and width of the image, where the file leaves them open. */
  readonly image?: readonly [height: number, width: number] | undefined;
  /** Of the model; that of the file unless given. */
  readonly name?: string | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}

/**
 * Reads an ONNX file and finds the ViT in it. Throws `DiagnosticsError` (VT201 .. VT214) with every
 * node that is not supported, or what keeps the whole from being a ViT encoder.
 */
export function inspectOnnx(path: string, options: InspectOptions = {}): Inspection {
  const reporter = createReporter(basename(path));
  const graph = readOnnx(path, reporter);
  const size = imageSize(graph, options, reporter);
  const encoder = encoderIn(graph, size, reporter);
  const name = options.name ?? designName(basename(path));
  const pixels = pixelFormat(size.channels, options, encoder, reporter);
  const model = orRefuse(modelOf(encoder, name, pixels), reporter);
  const reason = isQuantized(encoder) ? unsupportedQuantized(encoder, model) : null;
  if (reason) {
    const sentence = `the quantization of '${reporter.file}' cannot be kept: ${reason}.`;
    reporter.fail('VT214', sentence, KEEP_HINT);
  }
  const needed = nodeOrder(graph, reporter);
  const operators: Record<string, number> = {};
  for (const { type } of needed) operators[type] = (operators[type] ?? 0) + 1;
  return {
    ...{ model, encoder, opset: graph.opset, operators },
    parameters: parametersOf(encoder, model),
    unused: graph.nodes.length - needed.length,
  };
}

/** The size of the image as the file has it; what it leaves open must be given. */
function imageSize(graph: OnnxGraph, { image }: InspectOptions, reporter: Reporter): ImageSize {
  const [height, width] = image ?? [];
  const shape = graph.input.shape ?? [];
  const last = shape[3] !== undefined && isChannels(shape[3]) && !isChannels(shape[1]);
  const [channels, high, wide] = last ? [shape[3], shape[1], shape[2]] : shape.slice(1);
  const size = { height: high ?? height, width: wide ?? width, channels: channels ?? 3 };
  if (size.height === undefined || size.width === undefined) {
    return reporter.fail(
      'VT213',
      `'${reporter.file}' leaves the size of its image open.`,
      'Give it with --image HEIGHTxWIDTH.',
    );
  }
  return { height: size.height, width: size.width, channels: size.channels };
}

export function isChannels(n: number | null | undefined): boolean {
  return n === 1 || n === 3 || n === 4;
}

/** Factors below this are of pixels of 0 .. 255: 1 / (255 std) is, and 1 / std is not. */
const LEAST_FACTOR = 0.1;

/**
 * What is done to pixels before the file: nothing where it normalizes them itself, of the range that
 * its factors are for. Else ImageNet's mean and deviation for three channels, nothing for others.
 */
function usualFormat(channels: number, { embedding: { normalized } }: Encoder): PixelFormat {
  const plain = { mean: fill(channels, 0), std: fill(channels, 1) };
  if (!normalized) return channels === 3 ? IMAGE_NET : plain;
  const bytes = normalized.every((factor) => Math.abs(factor) < LEAST_FACTOR);
  return bytes ? { ...plain, std: fill(channels, 1 / 255) } : plain;
}

function pixelFormat(
  channels: number,
  { mean, std }: InspectOptions,
  encoder: Encoder,
  reporter: Reporter,
): PixelFormat {
  const usual = usualFormat(channels, encoder);
  const given = { mean: mean ?? usual.mean, std: std ?? usual.std };
  for (const [what, values] of Object.entries(given)) {
    if (values.length === channels) continue;
    const sentence = `--${what} has ${values.length} values, and '${reporter.file}' takes ${channels} channels.`;
    reporter.fail('VT213', sentence, `Give ${channels} numbers with commas between them.`);
  }
  return given;
}

const fill = (channels: number, value: number) => Array<number>(channels).fill(value);

/** Of torchvision, timm and the DeiT models. */
export const IMAGE_NET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** A name that is legal for a design, from that of a file. */
export function designName(file: string): string {
  const plain = file
    .replace(/\.onnx$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '');
  return plain.slice(0, 64) || 'model';
}
