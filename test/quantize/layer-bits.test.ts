import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import type { LayerBits } from '../../src/dsl/design.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/random.ts';
import { layerNames, type Model } from '../../src/model/index.ts';
import { operandBits } from '../../src/plan/operands.ts';
import { quantize } from '../../src/quantize/index.ts';
import { linearLayers } from '../../src/quantize/layers.ts';

import { smallModel } from './models.ts';

const model = smallModel();
const images = randomImages({ count: 3, seed: 2 }, model.image).map(({ pixels }) => pixels);
const graphOf = (of: Model, layers: LayerBits) =>
  quantize(of, randomParameters(of, 1), images, {
    ...{ weights: 8, activations: 8, residual: 16 },
    layers,
  });

describe('bits of single layers', () => {
  it('are those of the layers that are named, and of no other', () => {
    const layers = {
      patchEmbedding: { weights: 6 },
      'block0.mlp.linear0': { weights: 3, activations: 5 },
      'block0.attention.norm': { activations: 4 },
      'block0.attention.probabilities': { activations: 7 },
    };
    const { nodes } = graphOf(model, layers);
    for (const node of nodes) {
      if (node.kind === 'linear' || node.kind === 'patchEmbedding') {
        const path = node.path.replace('.weight', '');
        const own = layers[path as 'patchEmbedding']?.weights;
        expect(node.weightFormat.bits, path).toBe(own ?? 8);
        expect(Math.max(...node.weight.map(Math.abs)), path).toBeLessThan(2 ** ((own ?? 8) - 1));
      }
    }
    const bitsOf = (name: string) => nodes.find((n) => n.output.name === name)?.output.format;
    expect(bitsOf('block0.mlp.linear0')).toMatchObject({ bits: 5, signed: true });
    expect(bitsOf('block0.attention.norm')).toMatchObject({ bits: 4, signed: true });
    expect(bitsOf('block0.attention.probabilities')).toMatchObject({ bits: 7, signed: false });
    expect(bitsOf('block0.mlp.norm')?.bits).toBe(8);
  });

  it('are all proven, and the array has the widest', () => {
    const every = (weights: number, activations: number): LayerBits => {
      const names = layerNames(model);
      const bitsOf = (name: string) => ({
        ...(names.weights.includes(name) && { weights }),
        ...(names.activations.includes(name) && { activations }),
      });
      const all = [...names.weights, ...names.activations];
      return Object.fromEntries(all.map((name) => [name, bitsOf(name)]));
    };
    const narrow = graphOf(model, every(3, 4));
    check(narrow);
    expect(operandBits(narrow)).toMatchObject({ ACT_BITS: 4, IN_BITS: 4, PROB_BITS: 4, W_BITS: 3 });
    const one = graphOf(model, { ...every(3, 4), head: { weights: 7 } });
    expect(operandBits(one)).toMatchObject({ ACT_BITS: 4, W_BITS: 7 });
  });

  it.each([
    ['class tokens', model],
    ['means', smallModel({ pooling: 'mean' })],
    ['post-norm', { ...model, norm: 'post' } as const],
    ['a norm of the embedding', { ...model, embeddingNorm: true } as const],
    ['no last norm', { ...model, finalNorm: 'none' } as const],
    ['two heads', { ...model, pooling: 'distilled' } as const],
  ])('have a name for every layer of models with %s', (_, of) => {
    const names = layerNames(of);
    expect(names.weights).toEqual(linearLayers(of).map(({ path }) => path));
    const graph = graphOf(of, {});
    const tensors = new Set(['input', ...graph.nodes.map((node) => node.output.name)]);
    expect(names.activations.filter((name) => !tensors.has(name))).toEqual([]);
  });
});
