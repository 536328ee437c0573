import { describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import { importParameters, randomParameters } from '../../src/import/index.ts';
import { smallModel } from '../quantize/models.ts';
import { onnxBuilder } from '../support/onnx-builder.ts';
import { expectSame, faultsOf, folder, importBytes, importGraph, MODEL, PLACE } from './harness.ts';
import { type Tamper, TIMM, vitGraph } from './vit-graph.ts';

describe('faults of the file', () => {
  const parameters = randomParameters(MODEL, 9);
  const good = () => vitGraph(MODEL, parameters);

  it('names a file that does not exist', () => {
    const source = { kind: 'onnx', file: 'nowhere.onnx' } as const;
    expect(faultsOf(() => importParameters(MODEL, source, folder, PLACE))).toEqual([
      "VT201 the weights file 'nowhere.onnx' does not exist.",
    ]);
  });

  it('refuses a folder, an empty file and a text file', () => {
    const source = { kind: 'onnx', file: '.' } as const;
    expect(faultsOf(() => importParameters(MODEL, source, folder, PLACE))[0]).toMatch(/^VT201/);
    expect(faultsOf(() => importBytes(MODEL, new Uint8Array()))[0]).toMatch(/^VT203/);
    const text = new TextEncoder().encode('These are not the weights you are looking for.');
    expect(faultsOf(() => importBytes(MODEL, text))[0]).toMatch(/^VT20[23]/);
  });

  it('refuses the file cut off anywhere', () => {
    const { graph, output } = good();
    const bytes = graph.bytes(output);
    for (let i = 1; i < 40; i++) {
      const cut = bytes.slice(0, Math.floor((bytes.length * i) / 40));
      expect(faultsOf(() => importBytes(MODEL, cut)).length).toBeGreaterThan(0);
    }
  });

  it('survives damaged bytes: it reads the file or gives diagnostics', () => {
    const { graph, output } = good();
    const bytes = graph.bytes(output);
    for (let i = 0; i < 150; i++) {
      const damaged = bytes.slice();
      damaged[(i * 7919) % damaged.length] = (i * 31) % 256;
      try {
        importBytes(MODEL, damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(DiagnosticsError);
      }
    }
  });

  it.each([12, 9, 99, null])('refuses the operator set %s', (opset) => {
    expect(faultsOf(() => importGraph(MODEL, good(), { opset }))[0]).toMatch(/^VT204/);
  });

  it('counts NaN and infinite weights, by initializer', () => {
    const data = parameters.get('head.weight')!.data.slice();
    data[1] = Number.NaN;
    data[5] = Number.POSITIVE_INFINITY;
    const broken = new Map(parameters).set('head.weight', { shape: [3, 8], data });
    expect(faultsOf(() => importGraph(MODEL, vitGraph(MODEL, broken)))).toEqual([
      expect.stringMatching(/^VT206 2 of the 24 values of the initializer 'tensor\d+' are NaN/),
    ]);
  });

  it('refuses tensors that are not what they say, all at once', () => {
    const graph = onnxBuilder();
    graph.raw({ name: 'far', dims: [2], dataType: 1, dataLocation: 1 });
    graph.raw({ name: 'odd', dims: [2], dataType: 14, rawData: new Uint8Array(16) });
    graph.raw({ name: 'short', dims: [3], dataType: 1, floatData: [1, 2] });
    graph.raw({ name: 'huge', dims: [2 ** 40], dataType: 1, floatData: [1] });
    graph.raw({ name: 'negative', dims: [-4], dataType: 1, floatData: [1] });
    const output = graph.node('Relu', ['image']);
    expect(faultsOf(() => importBytes(MODEL, graph.bytes(output)))).toEqual([
      expect.stringMatching(
        /^VT208 the initializer 'far' keeps its data in '', which is not a file/,
      ),
      expect.stringMatching(/^VT208 the initializer 'odd' has the data type 14/),
      expect.stringMatching(/^VT207 the initializer 'short' .* 3 elements, but data of 2/),
      expect.stringMatching(/^VT209 the initializer 'huge'/),
      expect.stringMatching(/^VT207 the initializer 'negative'/),
    ]);
  });

  it('refuses a constant that would fill the memory', () => {
    const graph = onnxBuilder();
    const big = graph.node('ConstantOfShape', [graph.int([2], [2 ** 20, 2 ** 20])]);
    const output = graph.node('Add', ['image', big]);
    expect(faultsOf(() => importBytes(MODEL, graph.bytes(output)))[0]).toMatch(/^VT209/);
  });

  it('refuses cycles and tensors that nothing produces', () => {
    const cycle = onnxBuilder();
    const a = cycle.node('Add', ['image', 'Relu_1:0']);
    cycle.node('Relu', [a]);
    expect(faultsOf(() => importBytes(MODEL, cycle.bytes(a)))[0]).toMatch(
      /^VT210 .*its own result/,
    );
    const dangling = onnxBuilder();
    const b = dangling.node('Add', ['here', 'there']);
    expect(faultsOf(() => importBytes(MODEL, dangling.bytes(b))).sort()).toEqual([
      "VT210 the node 'Add_0' (Add) reads 'here', which nothing produces.",
      "VT210 the node 'Add_0' (Add) reads 'there', which nothing produces.",
    ]);
  });

  it('wants one input, and a batch of one', () => {
    expect(faultsOf(() => importGraph(MODEL, good(), { input: [4, 1, 8, 8] }))[0]).toMatch(
      /^VT203 .*batch of 4/,
    );
    expect(faultsOf(() => importGraph(MODEL, good(), { input: ['n', 64] }))[0]).toMatch(/^VT203/);
  });
});

describe('faults of the graph', () => {
  const parameters = randomParameters(MODEL, 9);
  const tampered = (tamper: Tamper) => () =>
    importGraph(MODEL, vitGraph(MODEL, parameters, TIMM, tamper));

  it('lists every unsupported node with its name and reason', () => {
    const faults = faultsOf(
      tampered((place, tensor, graph) => {
        if (place === 'block0.attention') return graph.node('HardSwish', [tensor]);
        return place === 'block0.mlp.act' ? graph.node('Sigmoid', [tensor]) : tensor;
      }),
    );
    expect(faults).toEqual([
      expect.stringMatching(/^VT205 the node 'HardSwish_\d+' \(HardSwish\) is not supported: /),
      expect.stringMatching(/^VT205 the node 'Sigmoid_\d+' \(Sigmoid\) is not supported: /),
    ]);
    const both = faultsOf(() => {
      const graph = onnxBuilder();
      const left = graph.node('Mish', ['image']);
      const right = graph.node('Softmax', ['image'], { axis: 1 });
      importBytes(MODEL, graph.bytes(graph.node('Add', [left, right])));
    });
    expect(both).toEqual([
      expect.stringMatching(/^VT205 the node 'Mish_0' \(Mish\) is not supported/),
      expect.stringMatching(/^VT205 the node 'Softmax_1' .*axis 1, not the last/),
    ]);
  });

  it('ignores unsupported nodes that the output does not need', () => {
    const { graph, output } = vitGraph(MODEL, parameters);
    graph.node('Mish', ['image']);
    expectSame(importGraph(MODEL, { graph, output }), parameters);
  });

  it('says where the graph stops being an encoder', () => {
    const activation = tampered((place, tensor, graph) =>
      place === 'block0.mlp.act' ? graph.node('Tanh', [tensor]) : tensor,
    );
    expect(faultsOf(activation)).toEqual([
      expect.stringMatching(/^VT212 .*'Tanh_\d+' \(Tanh\) is neither GELU nor ReLU/),
    ]);
    const softmax = tampered((place, tensor, graph) =>
      place === 'block0.attention.softmax' ? graph.node('Relu', [tensor]) : tensor,
    );
    expect(faultsOf(softmax)).toEqual([
      expect.stringMatching(/^VT212 .*\(Relu\) is not a softmax/),
    ]);
    const stream = tampered((place, tensor, graph) =>
      place === 'embedding' ? graph.node('Relu', [tensor]) : tensor,
    );
    expect(faultsOf(stream)).toEqual([expect.stringMatching(/^VT212 .*\(Relu\)/)]);
  });

  it('names both values of every difference from the design', () => {
    const other = {
      ...smallModel({ side: 8, width: 8, hidden: 16, heads: 4, classes: 7, activation: 'relu' }),
      epsilon: 1e-5,
    };
    expect(faultsOf(() => importGraph(other, vitGraph(MODEL, parameters)))).toEqual([
      "VT211 'model.onnx' has a number of classes of 3, but the design has 7.",
      "VT211 'model.onnx' has as branch 'block0.attention' an attention of 2 heads, but the design has an attention of 4 heads.",
      "VT211 'model.onnx' has as branch 'block0.mlp' linear layers of 12 gelu, 8, but the design has linear layers of 16 relu, 8.",
      "VT211 'model.onnx' has a LayerNorm epsilon of 0.000001, but the design has 0.00001.",
    ]);
    const deeper = smallModel({ side: 8, width: 16, depth: 3, classes: 3, pooling: 'mean' });
    const faults = faultsOf(() => importGraph(deeper, vitGraph(MODEL, parameters))).join('\n');
    expect(faults).toMatch(/a width of 8, but the design has 16/);
    expect(faults).toMatch(/a number of residual branches of 2, but the design has 6/);
    expect(faults).toMatch(/pooling of 'class', but the design has 'mean'/);
  });

  it('says when the image has another size', () => {
    const larger = smallModel({ side: 16, width: 8, hidden: 12, classes: 3 });
    const written = vitGraph(MODEL, parameters);
    const fixed = faultsOf(() => importGraph(larger, written, { input: ['n', 1, 8, 8] }));
    expect(fixed).toEqual([
      "VT211 'model.onnx' has an image height of 8, but the design has 16.",
      "VT211 'model.onnx' has an image width of 8, but the design has 16.",
    ]);
    const open = faultsOf(() => importGraph(larger, written, { input: ['n', 1, 'h', 'w'] }));
    expect(open).toEqual(["VT207 'model.onnx' makes a result of [4,3] from one image of 16x16x1."]);
  });

  it('names the shapes of a node that do not fit', () => {
    const faults = faultsOf(() => {
      const graph = onnxBuilder();
      const flat = graph.node('Flatten', ['image']);
      const product = graph.node('MatMul', [flat, graph.float([3, 2], new Float32Array(6))]);
      const turned = graph.node('Reshape', [flat, graph.int([2], [5, -1])]);
      importBytes(MODEL, graph.bytes(graph.node('Add', [product, turned])));
    });
    expect(faults).toEqual([
      "VT207 the node 'MatMul_1' (MatMul) cannot be read: it multiplies [1,64] by [3,2].",
      "VT207 the node 'Reshape_2' (Reshape) cannot be read: it reshapes [1,64] to [5,-1].",
    ]);
  });
});
