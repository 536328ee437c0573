import { MODEL_PROTO } from '../../src/import/onnx/schema.ts';

type Attribute = number | readonly number[] | string | { readonly float: number };

export interface OnnxBuilder {
  /** Adds a node and gives the name of its output. A type may have its domain before it, `domain:Type`. */
  node(type: string, inputs: readonly string[], attributes?: Record<string, Attribute>): string;
  /** The same for a node of several outputs. */
  nodes(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Record<string, Attribute>,
  ): string[];
  /** Adds a float32 initializer, as raw data. */
  float(shape: readonly number[], data: ArrayLike<number>): string;
  /** Adds an int64 initializer. */
  int(shape: readonly number[], data: readonly number[]): string;
  /** Adds an initializer field by field, as onnx.proto has them. */
  raw(tensor: Record<string, unknown>): string;
  /** The file, with `output` as the graph's. */
  bytes(output: string, options?: FileOptions): Uint8Array;
}

export interface FileOptions {
  readonly input?: readonly (number | string)[];
  readonly opset?: number | null;
}

/** Builds small ONNX files for tests. The graph's input is `image`. */
export function onnxBuilder(): OnnxBuilder {
  const node: object[] = [];
  const initializer: object[] = [];
  const add = (tensor: Record<string, unknown>) => {
    const name = (tensor.name as string | undefined) ?? `tensor${initializer.length}`;
    initializer.push({ ...tensor, name });
    return name;
  };
  const nodes: OnnxBuilder['nodes'] = (type, input, outputs, attributes = {}) => {
    const [opType = '', domain = ''] = type.split(':').reverse();
    const name = `${opType}_${node.length}`;
    const output = Array.from({ length: outputs }, (_, i) => `${name}:${i}`);
    const attribute = Object.entries(attributes).map(([key, v]) => encodeAttribute(key, v));
    node.push({ opType, domain, name, input, output, attribute });
    return output;
  };
  return {
    node: (type, inputs, attributes) => nodes(type, inputs, 1, attributes)[0] as string,
    nodes,
    float: (dims, data) =>
      add({ dims, dataType: 1, rawData: new Uint8Array(Float32Array.from(data).buffer) }),
    int: (dims, data) => add({ dims, dataType: 7, int64Data: data }),
    raw: add,
    bytes: (output, { input = ['batch', 1, 8, 8], opset = 17 } = {}) => {
      const dim = input.map((n) => (typeof n === 'string' ? { dimParam: n } : { dimValue: n }));
      const image = { name: 'image', type: { tensorType: { elemType: 1, shape: { dim } } } };
      const message = MODEL_PROTO.fromObject({
        irVersion: 8,
        opsetImport: opset === null ? [] : [{ domain: '', version: opset }],
        graph: { node, initializer, input: [image], output: [{ name: output }] },
      });
      // A copy: what comes is a Buffer, whose slices share its memory.
      return Uint8Array.from(MODEL_PROTO.encode(message).finish());
    },
  };
}

/** The numbers of AttributeProto.AttributeType. */
function encodeAttribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: 3 };
  if ('float' in value) return { name, f: value.float, type: 1 };
  return { name, ints: value, type: 7 };
}
