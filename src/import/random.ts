import { createRandom } from '../arithmetic/index.ts';
import { type FloatTensor, type Model, type Parameters, parameterShapes } from '../model/index.ts';

/**
 * Seeded parameters of a size that keeps activations of order 1: weights `N(0, 1/in)`, so that a
 * sum of `in` unit terms has unit variance; norm weights about 1; the rest small. The class token
 * is large enough to have a variance for LayerNorm to divide by.
 */
export function randomParameters(model: Model, seed: number): Parameters {
  const random = createRandom(seed);
  const parameters = new Map<string, FloatTensor>();
  for (const [path, shape] of parameterShapes(model)) {
    const { center, spread } = distribution(path, shape);
    const length = shape.reduce((product, n) => product * n, 1);
    const data = Float32Array.from({ length }, () => center + spread * random.nextGaussian());
    parameters.set(path, { shape, data });
  }
  return parameters;
}

function distribution(path: string, shape: readonly number[]): { center: number; spread: number } {
  if (/^(classToken|distillationToken|token\d+)$/.test(path)) return { center: 0, spread: 0.5 };
  if (path === 'positionEmbedding') return { center: 0, spread: 0.1 };
  if (path.endsWith('norm.weight')) return { center: 1, spread: 0.1 };
  if (path.endsWith('.bias')) return { center: 0, spread: 0.05 };
  return { center: 0, spread: 1 / Math.sqrt(shape[1] as number) };
}
