import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { plainMethod } from '../../src/dsl/quant-method.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/index.ts';
import { uniform } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { quantize } from '../../src/quantize/index.ts';
import type { Rows } from '../../src/quantize/observations.ts';
import { tokenStep } from '../../src/quantize/token-step.ts';
import { smallModel } from './models.ts';

/** Rows of 16 whose largest magnitudes are those given, each many times. */
function rowsOf(peaks: readonly number[]): Rows {
  const random = createRandom(3);
  const rows = peaks.flatMap((peak) =>
    Array.from({ length: 40 }, () =>
      Array.from({ length: 16 }, (_, c) => (c === 5 ? peak : peak * (random.nextFloat() - 0.5))),
    ),
  );
  return { data: Float32Array.from(rows.flat()), width: 16, count: rows.length };
}

describe('the coarsest step of tokens', () => {
  const format = uniform(8);

  it('lets most of them have half of it', () => {
    // Of a tensor of peak 1 the step is 1 / 127; with 1.1 / 127, rows of 0.54 fit half of it.
    const step = tokenStep(rowsOf([1, 0.54, 0.54, 0.54]), 1 / 127, format, 3);
    expect(step * 64).toBeGreaterThan(0.54);
    expect(step).toBeLessThan(1.2 / 127);
  });

  it('is the observed one where that is best', () => {
    expect(tokenStep(rowsOf([1, 1, 0.5, 0.25]), 1 / 127, format, 3)).toBe(1 / 127);
  });
});

describe('steps per token', () => {
  const images = (model: Model) =>
    randomImages({ count: 3, seed: 1 }, model.image).map(({ pixels }) => pixels);
  const made = (model: Model, range: 'restricted' | 'asymmetric' = 'restricted') =>
    quantize(model, randomParameters(model, 2), images(model), {
      ...{ weights: 8, activations: 8, residual: 16 },
      method: { ...plainMethod, range, steps: 'token' },
    });
  const stepped = (model: Model) =>
    made(model).nodes.flatMap(({ output }) => (output.rowExponent ? [output.name] : []));

  it('are of every LayerNorm, but not of rows that two heads join', () => {
    const norms = ['block0.attention.norm', 'block0.mlp.norm'];
    expect(stepped(smallModel())).toEqual([...norms, 'norm']);
    expect(stepped({ ...smallModel(), pooling: 'distilled' })).toEqual(norms);
    expect(stepped({ ...smallModel(), norm: 'post', finalNorm: 'none' })).toEqual(norms);
  });

  it('are symmetric beside zero points', () => {
    const graph = made(smallModel(), 'asymmetric');
    for (const { output } of graph.nodes) {
      if (output.rowExponent) expect(output.zeroPoint, output.name).toBeUndefined();
    }
    expect(graph.nodes.some(({ output }) => output.zeroPoint)).toBe(true);
  });

  it('differ from token to token', () => {
    const model = smallModel({ side: 16, depth: 2 });
    const graph = made(model);
    const seen = images(model).flatMap((pixels) =>
      [...runGolden(graph, encodeImage(graph.input, pixels))].flatMap(([name, values]) =>
        name.endsWith('.exponents') ? [...values] : [],
      ),
    );
    expect(new Set(seen).size).toBeGreaterThan(1);
  });
});
