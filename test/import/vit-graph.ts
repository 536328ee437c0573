import {
  type Model,
  type Parameters,
  patchCount,
  patchSize,
  tokenCount,
} from '../../src/model/index.ts';
import { parameter } from '../../src/quantize/index.ts';
import { type OnnxBuilder, onnxBuilder } from '../support/onnx-builder.ts';

/** How an exporter writes the parts of a ViT. */
export interface Style {
  readonly patches: 'conv' | 'matmul';
  readonly norm: 'node' | 'decomposed';
  readonly projections: 'gather' | 'split' | 'separate' | 'gemm';
  readonly scale: 'mul after' | 'div after' | 'query before' | 'both before' | 'none';
  readonly gelu: 'erf' | 'node' | 'tanh' | 'relu';
  readonly classToken: 'norm first' | 'slice first';
}

export const TIMM: Style = {
  patches: 'conv',
  norm: 'node',
  projections: 'gather',
  scale: 'mul after',
  gelu: 'erf',
  classToken: 'norm first',
};

/** Called at each named place of the graph; may put nodes of its own there. */
export type Tamper = (place: string, tensor: string, graph: OnnxBuilder) => string;

export interface Written {
  readonly graph: OnnxBuilder;
  readonly output: string;
}

/** The model with these parameters as an ONNX graph in some style. */
export function vitGraph(
  model: Model,
  parameters: Parameters,
  style: Style = TIMM,
  tamper: Tamper = (_place, tensor) => tensor,
): Written {
  const graph = onnxBuilder();
  const { width } = model;
  const tokens = tokenCount(model);
  const data = (path: string) => parameter(parameters, path).data;
  const vector = (path: string) => graph.float([data(path).length], data(path));
  const scalar = (value: number) => graph.float([], [value]);
  const reshape = (x: string, shape: number[]) =>
    graph.node('Reshape', [x, graph.int([shape.length], shape)]);

  /** `[out, in]` weights of several layers, one after the other, as MatMul wants them. */
  const matMul = (x: string, paths: readonly string[]) => {
    const rows = paths.flatMap((path) => Array.from(data(`${path}.weight`)));
    const bias = paths.flatMap((path) => Array.from(data(`${path}.bias`)));
    const [out, input] = [bias.length, rows.length / bias.length];
    const weight = Array.from(rows, (_, i) => rows[(i % out) * input + Math.floor(i / out)] ?? 0);
    const product = graph.node('MatMul', [x, graph.float([input, out], weight)]);
    return graph.node('Add', [graph.float([out], bias), product]);
  };
  const dense = (x: string, path: string) => matMul(x, [path]);
  const gemm = (x: string, path: string) => {
    const { shape, data: weight } = parameter(parameters, `${path}.weight`);
    const inputs = [x, graph.float(shape, weight), vector(`${path}.bias`)];
    return graph.node('Gemm', inputs, { transB: 1 });
  };

  const norm = (x: string, path: string) => {
    const [weight, bias] = [vector(`${path}.weight`), vector(`${path}.bias`)];
    if (style.norm === 'node') {
      const attributes = { axis: -1, epsilon: { float: model.epsilon } };
      return graph.node('LayerNormalization', [x, weight, bias], attributes);
    }
    const mean = (y: string) => graph.node('ReduceMean', [y], { axes: [-1], keepdims: 1 });
    const center = mean(x);
    // PyTorch's decomposition writes the difference twice.
    const [d, again] = [graph.node('Sub', [x, center]), graph.node('Sub', [x, center])];
    const variance = mean(graph.node('Pow', [again, scalar(2)]));
    const root = graph.node('Sqrt', [graph.node('Add', [variance, scalar(model.epsilon)])]);
    return graph.node('Add', [graph.node('Mul', [graph.node('Div', [d, root]), weight]), bias]);
  };

  const projections = (x: string, name: string, heads: number): [string, string, string] => {
    const d = width / heads;
    const paths = ['query', 'key', 'value'].map((part) => `${name}.${part}`);
    const byHead = (y: string) =>
      graph.node('Transpose', [reshape(y, [-1, tokens, heads, d])], { perm: [0, 2, 1, 3] });
    switch (style.projections) {
      case 'gather': {
        const all = reshape(matMul(x, paths), [-1, tokens, 3, heads, d]);
        const turned = graph.node('Transpose', [all], { perm: [2, 0, 3, 1, 4] });
        return [0, 1, 2].map((i) =>
          graph.node('Gather', [turned, graph.int([], [i])], { axis: 0 }),
        ) as [string, string, string];
      }
      case 'split': {
        const parts = graph.nodes('Split', [matMul(x, paths)], 3, { axis: -1 });
        return parts.map(byHead) as [string, string, string];
      }
      case 'separate':
        return paths.map((path) => byHead(dense(x, path))) as [string, string, string];
      case 'gemm': {
        const flat = reshape(x, [-1, width]);
        return paths.map((path) => byHead(gemm(flat, path))) as [string, string, string];
      }
    }
  };

  const attention = (x: string, name: string, heads: number) => {
    const size = width / heads;
    const scale = 1 / Math.sqrt(size);
    const times = (y: string, factor: number) => graph.node('Mul', [y, scalar(factor)]);
    let [q, k, v] = projections(x, name, heads);
    if (style.scale === 'query before') q = times(q, scale);
    if (style.scale === 'both before') q = times(q, Math.sqrt(scale));
    k = graph.node('Transpose', [k], { perm: [0, 1, 3, 2] });
    if (style.scale === 'both before') k = times(k, Math.sqrt(scale));
    let scores = graph.node('MatMul', [q, k]);
    if (style.scale === 'mul after') scores = times(scores, scale);
    if (style.scale === 'div after') {
      scores = graph.node('Div', [scores, scalar(Math.sqrt(size))]);
    }
    scores = tamper(`${name}.scores`, scores, graph);
    const p = tamper(`${name}.softmax`, graph.node('Softmax', [scores], { axis: -1 }), graph);
    v = graph.node('MatMul', [p, v]);
    const joined = graph.node('Transpose', [v], { perm: [0, 2, 1, 3] });
    return dense(reshape(joined, [-1, tokens, width]), `${name}.output`);
  };

  const activation = (x: string) => {
    switch (style.gelu) {
      case 'relu':
        return graph.node('Relu', [x]);
      case 'node':
        return graph.node('Gelu', [x], { approximate: 'none' });
      case 'erf': {
        const erf = graph.node('Erf', [graph.node('Div', [x, scalar(Math.SQRT2)])]);
        const product = graph.node('Mul', [x, graph.node('Add', [erf, scalar(1)])]);
        return graph.node('Mul', [product, scalar(0.5)]);
      }
      case 'tanh': {
        const cube = graph.node('Mul', [graph.node('Pow', [x, scalar(3)]), scalar(0.044715)]);
        const sum = graph.node('Add', [x, cube]);
        const tanh = graph.node('Tanh', [graph.node('Mul', [sum, scalar(Math.sqrt(2 / Math.PI))])]);
        const half = graph.node('Mul', [scalar(0.5), x]);
        return graph.node('Mul', [half, graph.node('Add', [tanh, scalar(1)])]);
      }
    }
  };

  const embedding = () => {
    const { channels, height, width: columns } = model.image;
    const { patch } = model;
    const [down, across] = [height / patch, columns / patch];
    const image = tamper('image', 'image', graph);
    if (style.patches === 'conv') {
      const shape = [width, channels, patch, patch];
      const weight = graph.float(shape, data('patchEmbedding.weight'));
      const attributes = { kernel_shape: [patch, patch], strides: [patch, patch] };
      const inputs = [image, weight, vector('patchEmbedding.bias')];
      const x = reshape(graph.node('Conv', inputs, attributes), [-1, width, patchCount(model)]);
      return graph.node('Transpose', [x], { perm: [0, 2, 1] });
    }
    const cut = reshape(image, [-1, channels, down, patch, across, patch]);
    const turned = graph.node('Transpose', [cut], { perm: [0, 2, 4, 1, 3, 5] });
    const flat = reshape(turned, [-1, patchCount(model), patchSize(model)]);
    return dense(flat, 'patchEmbedding');
  };

  let x = embedding();
  if (model.pooling === 'class') {
    // The batch of the class token is computed from the shape of the patches.
    const batch = graph.node('Gather', [graph.node('Shape', [x]), graph.int([1], [0])]);
    const shape = graph.node('Concat', [batch, graph.int([2], [1, width])], { axis: 0 });
    const token = graph.float([1, 1, width], data('classToken'));
    x = graph.node('Concat', [graph.node('Expand', [token, shape]), x], { axis: 1 });
  }
  x = graph.node('Add', [x, graph.float([1, tokens, width], data('positionEmbedding'))]);
  x = tamper('embedding', x, graph);
  for (const branch of model.branches) {
    let y = norm(x, `${branch.name}.norm`);
    if (branch.kind === 'attention') y = attention(y, branch.name, branch.heads);
    else {
      branch.layers.forEach((layer, i) => {
        y = dense(y, `${branch.name}.linear${i}`);
        if (layer.activation === 'none') return;
        y = tamper(`${branch.name}.pre`, y, graph);
        y = tamper(`${branch.name}.act`, activation(y), graph);
      });
    }
    x = tamper(branch.name, graph.node('Add', [x, y]), graph);
  }
  const firstRow = (y: string) => graph.node('Gather', [y, graph.int([], [0])], { axis: 1 });
  if (model.pooling === 'mean') {
    x = norm(graph.node('ReduceMean', [x], { axes: [1], keepdims: 0 }), 'norm');
  } else if (style.classToken === 'norm first') x = firstRow(norm(x, 'norm'));
  else {
    const borders = [0, 1, 1].map((n) => graph.int([1], [n]));
    x = reshape(norm(graph.node('Slice', [x, ...borders]), 'norm'), [-1, width]);
  }
  return { graph, output: gemm(x, 'head') };
}
