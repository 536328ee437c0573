import { describe, expect, it } from 'vitest';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { choosePlan } from '../../src/plan/index.ts';
import { quantize } from '../../src/quantize/index.ts';
import { fixtureImages, importFixture } from '../support/onnx-fixtures.ts';

/** The checked graph of a fixture whose head, or whose mean, takes learned tokens apart. */
function checkedGraph(name: string) {
  const { model, parameters } = importFixture(name);
  const images = fixtureImages(3).images.slice(0, 1);
  return check(quantize(model, parameters, images, { weights: 8, activations: 8, residual: 16 }));
}

describe.each(['timm_distilled-dynamo18', 'timm_mean_class-dynamo18'])('%s', (name) => {
  const board = loadBoard('zcu102', '.');
  const tile = { inputs: 4, outputs: 4, vector: 2 };

  it('has no plan with tokens side by side', () => {
    const checked = checkedGraph(name);
    const wide = { board: 'zcu102', tile: { ...tile, tokens: 2 } };
    expect(() => choosePlan(checked, board, wide)).toThrow(/VT416.*2 tokens side by side/);
    expect(choosePlan(checked, board, { board: 'zcu102', tile }).shape.tokens).toBe(1);
  });
});
