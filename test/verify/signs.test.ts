import { test } from 'vitest';
import { keepQuantization } from '../../src/import/index.ts';
import { fixtureImages, importFixture } from '../support/onnx-fixtures.ts';
import {
  describeSimulated,
  expectEqual,
  expectNoLint,
  testInIcarus,
} from '../support/simulated-design.ts';

describeSimulated('signs in the place of data', (build) => {
  const graph = () => {
    const { model, parameters, encoder } = importFixture('qonnx_signs');
    const settings = { weights: 8, activations: 8, residual: 16, fromFile: true } as const;
    const images = fixtureImages(3).images.slice(0, 4);
    return { ...keepQuantization(encoder, model, parameters, images, settings), name: 'signs' };
  };
  const tile = { tokens: 2, inputs: 4, outputs: 4, vector: 2 };

  test('RTL and golden model are equal', async () => {
    const design = build(graph(), { board: 'kv260', tile });
    await expectNoLint(design);
    await expectEqual(design);
  });

  testInIcarus(() =>
    build(graph(), { board: 'kv260', tile: { inputs: 8, outputs: 8, vector: 4 } }),
  );
});
