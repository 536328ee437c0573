import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import { inspectOnnx, randomParameters } from '../../src/import/index.ts';
import { MODEL_PROTO } from '../../src/import/onnx/schema.ts';
import { type OnnxBuilder, onnxBuilder } from '../support/onnx-builder.ts';
import { fixtureFolder } from '../support/onnx-fixtures.ts';
import { folder, MODEL } from './harness.ts';
import { type Tamper, TIMM, vitGraph } from './vit-graph.ts';

let files = 0;

/** `CODE sentence` of each fault of a file. */
function faults(bytes: Uint8Array, image?: readonly [number, number]): string[] {
  const path = join(folder, `broken${files++}.onnx`);
  writeFileSync(path, bytes);
  try {
    inspectOnnx(path, { image });
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    for (const d of error.diagnostics) expect(d.hint ?? d.message).not.toBe('');
    return error.diagnostics.map((d) => `${d.code} ${d.message} ${d.hint ?? ''}`);
  }
  return [];
}

const parameters = randomParameters(MODEL, 9);
const INPUT = { input: ['n', 1, 8, 8] };

/** The small ViT with something else at one of its places. */
function tampered(at: string, change: (tensor: string, graph: OnnxBuilder) => string): Uint8Array {
  const tamper: Tamper = (place, tensor, graph) => (place === at ? change(tensor, graph) : tensor);
  const { graph, output } = vitGraph(MODEL, parameters, TIMM, tamper);
  return graph.bytes(output, INPUT);
}

const fixture = (name: string) => readFileSync(join(fixtureFolder, `${name}.onnx`));

/** A fixture with its message changed. */
function edited(name: string, edit: (model: Editable) => void): Uint8Array {
  const model = MODEL_PROTO.decode(fixture(name)) as unknown as Editable;
  edit(model);
  return Uint8Array.from(MODEL_PROTO.encode(model).finish());
}

/** A quantized fixture whose quantizers of that name keep signs alone. */
const signs = (name: string) =>
  edited('brevitas_w8a8-qonnx', ({ graph, opsetImport }) => {
    const domain = 'qonnx.custom_op.general';
    for (const node of graph.node) {
      if (node.name.includes(name) && node.opType === 'Quant') {
        Object.assign(node, { opType: 'BipolarQuant', domain, input: node.input.slice(0, 2) });
      }
    }
    opsetImport.push({ domain, version: 1 });
  });

interface Editable {
  opsetImport: { domain: string; version: number }[];
  graph: {
    node: {
      name: string;
      opType: string;
      domain: string;
      input: string[];
      output: string[];
      attribute: { name: string; s: Uint8Array }[];
    }[];
    initializer: { name: string; dims: number[]; rawData: Uint8Array; dataType: number }[];
    input: { type: { tensorType: { shape: { dim: { dimValue: number; dimParam: string }[] } } } }[];
    output: object[];
  };
}

const retyped = (name: string, from: string, to: string, domain = '') =>
  edited(name, ({ graph }) => {
    const node = graph.node.find(({ opType }) => opType === from);
    if (!node) throw new Error(`${name} has no ${from}`);
    Object.assign(node, { opType: to, domain });
  });

/** A fixture of QONNX of which one quantizer of a kind, the first behind the image's, rounds by another mode. */
const rounding = (name: string, type: string, mode: string, place = 1) =>
  edited(name, ({ graph }) => {
    const weights = new Set(graph.initializer.map((tensor) => tensor.name));
    const nodes = graph.node.filter((n) => n.opType === type && !weights.has(n.input[0] ?? ''));
    const found = nodes.at(place)?.attribute.find((a) => a.name === 'rounding_mode');
    if (!found) throw new Error(`${name} has no ${type} that rounds`);
    found.s = new TextEncoder().encode(mode);
  });

const conv = (kernel: number, stride: number, more: Record<string, number | number[]> = {}) => {
  const graph = onnxBuilder();
  const weight = graph.float([4, 1, kernel, kernel], new Float32Array(4 * kernel * kernel));
  const settings = { strides: [stride, stride], kernel_shape: [kernel, kernel], ...more };
  return graph.bytes(graph.node('Conv', ['image', weight], settings), INPUT);
};

const timm = 'timm_vit-script17';
const qdq = 'ort_int8_channel';

describe('models that cannot be built get one clear answer', () => {
  const cases: readonly [string, () => Uint8Array, RegExp][] = [
    ['truncated', () => fixture(timm).subarray(0, 30000), /^VT20[237] /],
    ['not an ONNX file', () => new TextEncoder().encode('{"weights": []}'), /^VT20[23] /],
    [
      'an operator set from before 13',
      () => edited(timm, (m) => Object.assign(m.opsetImport[0] as object, { version: 11 })),
      /^VT204 .*operator set 11/,
    ],
    [
      'cyclic',
      () =>
        edited(timm, ({ graph }) => {
          const norm = graph.node.find(({ opType }) => opType === 'LayerNormalization');
          const last = graph.node.at(-1);
          if (norm && last) norm.input[0] = last.output[0] as string;
        }),
      /^VT210 .*depends on its own result/,
    ],
    [
      'weights that are NaN',
      () =>
        edited(timm, ({ graph }) => {
          const weight = graph.initializer.find(({ rawData }) => rawData.length > 1000);
          const bytes = Uint8Array.from(weight?.rawData ?? []);
          bytes.set([0, 0, 0xc0, 0x7f], 0);
          Object.assign(weight as object, { rawData: bytes });
        }),
      /^VT206 1 of the \d+ values .* NaN/,
    ],
    [
      'a scale of zero',
      () =>
        edited(qdq, ({ graph }) => {
          const scale = graph.initializer.find(({ name }) => name === 'pixels_scale');
          Object.assign(scale as object, { rawData: new Uint8Array(4) });
        }),
      /^VT205 .*its scale is 0, not above 0/,
    ],
    [
      'a tensor of absurd size',
      () =>
        edited(timm, ({ graph }) => {
          const weight = graph.initializer.find(({ rawData }) => rawData.length > 1000);
          Object.assign(weight as object, { dims: [2 ** 31, 2 ** 20] });
        }),
      /^VT209 /,
    ],
    [
      'an image of absurd size',
      () =>
        edited(timm, ({ graph }) => {
          const dim = graph.input[0]?.type.tensorType.shape.dim ?? [];
          for (const d of dim.slice(2)) d.dimValue = 2 ** 30;
        }),
      /^VT209 /,
    ],
    [
      'shapes that do not fit',
      () =>
        tampered('block0.mlp', (x, graph) => graph.node('Reshape', [x, graph.int([2], [3, 11])])),
      /^VT207 .*reshapes/,
    ],
    [
      'an attention with a mask',
      () =>
        tampered('block0.attention.scores', (x, graph) =>
          graph.node('Add', [
            x,
            graph.float(
              [1, 1, 5, 5],
              Float32Array.from({ length: 25 }, (_, i) => -i),
            ),
          ]),
        ),
      /^VT212 .*adds a mask or a bias to the scores/,
    ],
    [
      'scores with a bias from relative positions',
      () =>
        tampered('block0.attention.scores', (scores, graph) => {
          const [rows, columns] = [
            graph.float([5, 2], Array(10).fill(1)),
            graph.float([2, 5], Array(10).fill(1)),
          ];
          return graph.node('Add', [scores, graph.node('MatMul', [rows, columns])]);
        }),
      /^VT212 .*adds a mask or a bias to the scores/,
    ],
    [
      'constants whose product would fill the memory',
      () =>
        tampered('embedding', (x, graph) => {
          const ones = (...shape: number[]) =>
            graph.node('ConstantOfShape', [graph.int([2], shape)]);
          return graph.node('Add', [x, graph.node('MatMul', [ones(2 ** 20, 1), ones(1, 2 ** 20)])]);
        }),
      /^VT205 .*multiplies constants of \[1048576,1\] and \[1,1048576\]/,
    ],
    [
      'a convolution stem',
      () => conv(7, 2, { pads: [3, 3, 3, 3] }),
      /^VT205 .*kernel of 7x7 and strides of 2x2/,
    ],
    ['patches that overlap', () => conv(4, 2), /^VT205 .*without overlap/],
    [
      'patches that leave the edge of the image out',
      () => {
        const { graph, output } = vitGraph(MODEL, parameters);
        return graph.bytes(output, { input: ['n', 1, 9, 11] });
      },
      /^VT212 .*patches of 4 do not fill its image of 9x11: .*crop/,
    ],
    ['a depthwise convolution', () => conv(2, 2, { group: 2 }), /^VT20[57] /],
    [
      'windows that are shifted (Swin)',
      () =>
        tampered('embedding', (x, graph) => {
          const part = (from: number, to: number) =>
            graph.node('Slice', [
              x,
              graph.int([1], [from]),
              graph.int([1], [to]),
              graph.int([1], [1]),
            ]);
          return graph.node('Concat', [part(2, 99), part(0, 2)], { axis: 1 });
        }),
      /^VT212 .*are not learned tokens and then all patches in order/,
    ],
    [
      'another activation',
      () => tampered('block0.mlp.act', (x, graph) => graph.node('Tanh', [x])),
      /^VT212 .*neither GELU nor ReLU/,
    ],
    [
      'BatchNormalization',
      () => tampered('embedding', (x, graph) => graph.node('BatchNormalization', [x])),
      /^VT205 .*Fold it into the layer before it/,
    ],
    ['control flow', () => retyped(timm, 'Softmax', 'If'), /^VT205 .*by tracing/],
    [
      'operators of an optimizer',
      () => retyped(timm, 'Erf', 'FusedMatMul', 'com.microsoft'),
      /^VT205 .*the model from before it/,
    ],
    [
      'dynamic quantization',
      () => retyped(timm, 'Erf', 'DynamicQuantizeLinear'),
      /^VT205 .*quantize_static/,
    ],
    ['the QOperator form', () => retyped(qdq, 'MatMul', 'QLinearMatMul'), /^VT205 .*QDQ/],
    [
      'data rounded by its sign',
      () => rounding('qonnx_floor', 'Quant', 'DOWN'),
      /^VT205 .*rounds data by 'DOWN'/,
    ],
    [
      'a rounding mode that is none',
      () => rounding('qonnx_floor', 'Quant', 'STOCHASTIC'),
      /^VT205 .*rounding mode is 'STOCHASTIC'/,
    ],
    [
      'a Trunc that rounds its ties both ways',
      () => rounding('qonnx_trunc2', 'Trunc', 'ROUND'),
      /^VT205 .*truncates data by 'ROUND'; FLOOR and CEIL are built/,
    ],
    [
      'signs of the image',
      () => signs('/pixels/'),
      /^VT214 .*'\/pixels\/act_quant.*' \(BipolarQuant\) keeps the signs alone.*Quantize that tensor/,
    ],
    ['signs of probabilities', () => signs('blocks.0/probabilities'), /^VT214 .*blocks.0\/probab/],
    [
      'an image whose codes are rounded down',
      () => rounding('qonnx_floor', 'Quant', 'FLOOR', 0),
      /^VT214 .*codes of its image down/,
    ],
    [
      'a fixed batch',
      () =>
        edited(timm, ({ graph }) => {
          const dim = graph.input[0]?.type.tensorType.shape.dim[0];
          Object.assign(dim as object, { dimValue: 8, dimParam: '' });
        }),
      /^VT203 .*fixed batch of 8/,
    ],
    [
      'two outputs',
      () => edited(timm, ({ graph }) => graph.output.push({ name: 'more' })),
      /^VT203 .*2 outputs/,
    ],
    [
      'a softmax behind the logits',
      () => tamperedOutput('Softmax'),
      /^VT212 .*without its last softmax/,
    ],
    [
      'a class in the place of logits',
      () => tamperedOutput('ArgMax'),
      /^VT205 .*Export the logits/,
    ],
    ['no ViT at all', () => tamperedOutput('Relu'), /^VT212 .*is not a linear head/],
  ];

  function tamperedOutput(type: string): Uint8Array {
    const { graph, output } = vitGraph(MODEL, parameters);
    return graph.bytes(graph.node(type, [output]), INPUT);
  }

  it.each(cases)('%s', (_, bytes, expected) => {
    const before = process.memoryUsage().rss;
    const found = faults(bytes());
    expect(found[0] ?? '').toMatch(expected);
    expect(new Set(found.map((line) => line.slice(0, 5))).size).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
  });

  it('asks for the size of an image that the file leaves open', () => {
    const { graph, output } = vitGraph(MODEL, parameters);
    const open = graph.bytes(output, { input: ['n', 1, 'h', 'w'] });
    expect(faults(open)).toEqual([expect.stringMatching(/^VT213 .*--image/)]);
    expect(faults(open, [8, 8])).toEqual([]);
  });

  it('reads weights that lie beside the model, and none from elsewhere', () => {
    const place = join(folder, 'external');
    mkdirSync(place, { recursive: true });
    const external = (location: string, length?: number) =>
      edited(timm, ({ graph }) => {
        const weight = graph.initializer.find(({ rawData }) => rawData.length > 1000);
        if (!weight) throw new Error('no weight');
        writeFileSync(join(place, 'weights.bin'), weight.rawData);
        const entries = { location, offset: '0', length: `${length ?? weight.rawData.length}` };
        Object.assign(weight, {
          ...{ rawData: new Uint8Array(), dataLocation: 1 },
          externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
        });
      });
    const read = (bytes: Uint8Array) => {
      writeFileSync(join(place, 'model.onnx'), bytes);
      return inspectOnnx(join(place, 'model.onnx')).parameters;
    };
    expect(read(external('weights.bin'))).toEqual(
      inspectOnnx(join(fixtureFolder, `${timm}.onnx`)).parameters,
    );
    for (const bytes of [
      external('gone.bin'),
      external('../weights.bin'),
      external('/etc/hosts'),
      external('weights.bin', 8),
    ]) {
      expect(() => read(bytes)).toThrow(/VT208/);
    }
  });
});
