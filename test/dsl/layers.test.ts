import { describe, expect, test } from 'vitest';
import { loadDesign } from '../../src/dsl/load.ts';
import { codesOf, faultsOf, source, write } from './support.ts';

const designOf = (quant: string) => write({ 'own.vit.ts': source({ quant }) });

describe('bits of single layers', () => {
  test('stand in the design', async () => {
    const layers = `{ 'block1.mlp.linear0': { weights: 3, activations: 5 }, head: { weights: 8 } }`;
    const file = designOf(`quant.minmax({ weights: 4, activations: 4, layers: ${layers} })`);
    const { design } = await loadDesign(file);
    expect(design.quant.layers).toEqual({
      'block1.mlp.linear0': { weights: 3, activations: 5 },
      head: { weights: 8 },
    });
    expect(design.places['quant.layers.head.weights']).toMatchObject({ line: 6 });
  });

  test('of a layer that the model does not have are a fault at their place', async () => {
    const file = designOf(
      `quant({ weights: 4, activations: 4,\n    layers: {\n      'block2.mlp.linear0': { weights: 3 } } })`,
    );
    const faults = await faultsOf(file);
    expect(await codesOf(file)).toEqual(['VT117 own.vit.ts:8:7']);
    expect(faults[0]?.message).toContain('"block2.mlp.linear0"');
    expect(faults[0]?.hint).toContain('block0.mlp.linear0');
  });

  test.each([
    [`{ 'block0.mlp.norm': { weights: 3 } }`, 'VT117', 'has none'],
    [`{ 'block0.mlp.linear1': { activations: 3 } }`, 'VT117', 'the residual stream'],
    [`{ head: { activations: 3 } }`, 'VT117', 'the logits'],
    [`{ head: { weights: 9 } }`, 'VT106', '9 bits were asked for layers.head.weights'],
    [`{ head: { weight: 8 } }`, 'VT104', 'has no setting weight'],
    [`{ head: 4 }`, 'VT103', 'layers.head is 4'],
    [`4`, 'VT103', 'layers is 4'],
  ])('%s is a fault', async (layers, code, text) => {
    // Also behind the name of a preset, which is the call's first argument.
    const file = designOf(
      `quant.preset('mse', { weights: 4, activations: 4,\n layers: ${layers} })`,
    );
    const faults = await faultsOf(file);
    expect(faults.map((d) => d.code)).toEqual([code]);
    expect(faults[0]?.message).toContain(text);
    expect(faults[0]?.place).toMatchObject({ line: 7 });
  });
});
