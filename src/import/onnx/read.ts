import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { throwIfAny } from '../../diagnostics/index.ts';
import type { Reporter } from '../reporter.ts';
import type { Constant } from './constant.ts';
import { externalFiles } from './external.ts';
import {
  type AttributeProto,
  decodeModel,
  type GraphProto,
  type ModelProto,
  toNumber,
  type ValueInfoProto,
} from './schema.ts';
import { type ExternalData, readTensor } from './tensor.ts';

/** Operator sets whose meaning of the operators used here is known. */
const OPSETS = { first: 13, last: 25 };
/** Protobuf itself ends at 2 GiB; no weights that an FPGA could hold come near one. */
const MAX_FILE_BYTES = 2 ** 30;

export interface OnnxNode {
  /** The node's name, or `#7` by position for one without. */
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly opset: number;
  readonly initializers: ReadonlyMap<string, Constant>;
  /** The one input that is no initializer; a dimension is null where the file leaves it open. */
  readonly input: { readonly name: string; readonly shape: readonly (number | null)[] | null };
  readonly output: string;
}

/**
 * Reads and checks an ONNX file: that it is one, its operator set, one input, one output, and that
 * every initializer can be read. Throws `DiagnosticsError` (VT201 .. VT209) with all of its faults.
 */
export function readOnnx(path: string, reporter: Reporter): OnnxGraph {
  const model = decode(readBytes(path, reporter), reporter);
  const graph = model.graph;
  if (!graph || graph.node.length === 0) {
    return reporter.fail('VT203', `'${reporter.file}' holds no graph with nodes.`, EXPORT_HINT);
  }
  const opset = readOpset(model, reporter);
  const initializers = readInitializers(graph, externalFiles(dirname(path)), reporter);
  const inputs = graph.input.filter((info) => !initializers.has(info.name));
  const [input, output] = [inputs[0], graph.output[0]];
  if (inputs.length !== 1 || graph.output.length !== 1 || !input || !output) {
    return reporter.fail(
      'VT203',
      `'${reporter.file}' has ${inputs.length} inputs and ${graph.output.length} outputs.`,
      'One image in and one row of logits out are wanted.',
    );
  }
  throwIfAny(reporter.faults);
  return {
    nodes: graph.node.map((node, i) => ({
      name: node.name || `#${i}`,
      type: node.opType,
      domain: node.domain,
      inputs: node.input,
      outputs: node.output,
      attributes: new Map(node.attribute.map((attribute) => [attribute.name, attribute])),
    })),
    opset,
    initializers,
    input: { name: input.name, shape: shapeOf(input) },
    output: output.name,
  };
}

const EXPORT_HINT = 'Export the float model with torch.onnx.export, opset 13 or later.';

function readBytes(path: string, reporter: Reporter): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size <= MAX_FILE_BYTES) return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault';
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    const hint = 'Give the path of a float ONNX file, relative to the design.';
    return reporter.fail('VT201', `the weights file '${reporter.file}' ${reason}.`, hint);
  }
  const sentence = `'${reporter.file}' is larger than ${MAX_FILE_BYTES} bytes.`;
  return reporter.fail('VT209', sentence, 'Vitrum reads weights up to that size.');
}

function decode(bytes: Uint8Array, reporter: Reporter): ModelProto {
  try {
    return decodeModel(bytes);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return reporter.fail(
      'VT202',
      `'${reporter.file}' is not a whole ONNX file: its ${bytes.length} bytes end or break inside a message (${detail}).`,
      'Export or copy the file again.',
    );
  }
}

function readOpset(model: ModelProto, reporter: Reporter): number {
  const entry = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  const version = entry ? toNumber(entry.version) : null;
  if (version === null || version < OPSETS.first || version > OPSETS.last) {
    reporter.add(
      'VT204',
      version === null
        ? `'${reporter.file}' does not say which ONNX operator set it uses.`
        : `'${reporter.file}' uses the ONNX operator set ${version}.`,
      `Opset ${OPSETS.first} to ${OPSETS.last} are read; 17 is a good choice.`,
    );
  }
  return version ?? 0;
}

function readInitializers(
  graph: GraphProto,
  external: ExternalData,
  reporter: Reporter,
): Map<string, Constant> {
  const initializers = new Map<string, Constant>();
  for (const tensor of graph.initializer) {
    const value = readTensor(tensor, external);
    if ('code' in value) {
      const hint =
        value.code === 'VT208'
          ? 'Keep the file of data beside the model, or save the model in one file with 32-bit float weights.'
          : undefined;
      reporter.add(value.code, `the initializer '${tensor.name}' ${value.reason}.`, hint);
    } else initializers.set(tensor.name, value);
  }
  return initializers;
}

function shapeOf(info: ValueInfoProto): (number | null)[] | null {
  const dims = info.type?.tensorType?.shape?.dim;
  if (!dims) return null;
  return dims.map(({ dimValue, dimParam }) => {
    const n = toNumber(dimValue);
    return dimParam !== '' || n <= 0 ? null : n;
  });
}
