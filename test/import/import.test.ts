import { describe, expect, it } from 'vitest';
import { importParameters, randomParameters } from '../../src/import/index.ts';
import { halfToNumber } from '../../src/import/onnx/tensor.ts';
import { parameterShapes } from '../../src/model/index.ts';
import { MNIST_MODEL, smallModel } from '../quantize/models.ts';
import { expectSame, folder, importGraph, MODEL } from './harness.ts';
import { type Style, TIMM, vitGraph } from './vit-graph.ts';

describe('patterns', () => {
  const styles: (Partial<Style> & { pooling?: 'mean' })[] = [
    {},
    { norm: 'decomposed', classToken: 'slice first' },
    { projections: 'split', scale: 'div after' },
    { projections: 'separate', scale: 'query before', gelu: 'node' },
    { projections: 'gemm', scale: 'both before', gelu: 'tanh' },
    { patches: 'matmul', gelu: 'relu' },
    { pooling: 'mean', norm: 'decomposed' },
    { pooling: 'mean', patches: 'matmul', projections: 'split' },
  ];
  it.each(styles)(
    'gives the parameters back that an exporter wrote: %o',
    ({ pooling, ...style }) => {
      const activation = style.gelu === 'relu' ? 'relu' : 'gelu';
      const options = { depth: 2, channels: 3, side: 8, width: 12, heads: 3, activation } as const;
      const model = smallModel({ ...options, pooling: pooling ?? 'class' });
      const parameters = randomParameters(model, 9);
      expectSame(
        importGraph(model, vitGraph(model, parameters, { ...TIMM, ...style })),
        parameters,
      );
    },
  );

  it('puts an attention scale that is not 1/sqrt(d) into the query', () => {
    const parameters = randomParameters(MODEL, 9);
    const found = importGraph(MODEL, vitGraph(MODEL, parameters, { ...TIMM, scale: 'none' }));
    const path = 'block0.attention.query.weight';
    const ratio = found.get(path)!.data[3]! / parameters.get(path)!.data[3]!;
    expect(ratio).toBeCloseTo(2, 6); // sqrt(d), d = 4
  });

  it('reads the trained model of the examples, in the shapes of the design', () => {
    const source = { kind: 'onnx', file: 'mnist.onnx' } as const;
    const found = importParameters(MNIST_MODEL, source, 'examples/mnist');
    for (const [path, shape] of parameterShapes(MNIST_MODEL)) {
      expect(found.get(path)?.shape, path).toEqual(shape);
      expect(found.get(path)?.data.length).toBe(shape.reduce((a, b) => a * b, 1));
    }
  });

  it('reads half precision', () => {
    expect([0x3c00, 0xc000, 0x0001, 0x7bff, 0x0000].map(halfToNumber)).toEqual([
      1,
      -2,
      2 ** -24,
      65504,
      0,
    ]);
    expect(halfToNumber(0xfc00)).toBe(Number.NEGATIVE_INFINITY);
    expect(halfToNumber(0x7e00)).toBeNaN();
  });
});

describe('random parameters', () => {
  it('are the same for the same seed, of the right shapes, and keep the sizes they promise', () => {
    const model = smallModel({ width: 64 });
    const source = { kind: 'random', seed: 4 } as const;
    const parameters = importParameters(model, source, folder);
    expect(importParameters(model, source, folder)).toEqual(parameters);
    expect(importParameters(model, { ...source, seed: 5 }, folder)).not.toEqual(parameters);
    expect([...parameters].map(([path, { shape }]) => [path, shape])).toEqual([
      ...parameterShapes(model),
    ]);
    const { data } = parameters.get('block0.attention.query.weight')!;
    const power = data.reduce((sum, w) => sum + w * w, 0) / data.length;
    expect(power * 64).toBeCloseTo(1, 0);
  });
});
