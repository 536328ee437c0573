import type { Activation } from '../../model/index.ts';
import { gelu } from '../../quantize/index.ts';
import { BINARY, UNARY } from '../graph/elementwise.ts';
import { type Operation, sameElements, type Value, type View } from '../graph/value.ts';
import { describe, type Mismatch, mismatch } from './mismatch.ts';
import { fakeQuant } from './quantizer.ts';
import { bare, isScalar, quantizerOf, through } from './views.ts';

/** The tanh form of GELU (Hendrycks and Gimpel, arXiv 1606.08415) is never further than 5e-4 from the exact one. */
const TOLERANCE = 1e-3;
const SAMPLES = Float64Array.from({ length: 161 }, (_, i) => (i - 80) / 10);

/**
 * The activation that elementwise nodes between `view` and one other view compute. An exporter
 * may write GELU in many orders; so the expression is evaluated on sample points and compared with
 * the functions, instead of comparing its nodes. `x` has the quantizer before the activation.
 */
export function activationOf(view: View): { activation: Activation; x: View } | Mismatch {
  const x = argumentOf(view);
  if (!x) return mismatch(`${describe(view)} computes with more than one tensor`);
  const start = bare(x);
  if (sameElements(start, bare(view))) return { activation: 'none', x: view };
  const values = evaluateAt(view, start, SAMPLES);
  const near = (f: (x: number) => number, tolerance: number) =>
    values.every((value, i) => Math.abs(value - f(SAMPLES[i] as number)) <= tolerance);
  if (near((v) => Math.max(v, 0), 1e-6)) return { activation: 'relu', x };
  if (near(gelu, TOLERANCE)) return { activation: 'gelu', x };
  const one = values[90] as number;
  return mismatch(
    `the activation that ends at ${describe(bare(view))} is neither GELU nor ReLU: at 1 it is ${one.toPrecision(4)}, where GELU is 0.8413 and ReLU is 1`,
  );
}

/** The view that all elementwise arithmetic with scalars behind `view` starts from; null when they are several. */
function argumentOf(view: View): View | null {
  const operands = arithmeticOperands(bare(view));
  if (!operands) return view;
  const found = operands
    .filter((value): value is View => value.kind === 'view')
    .map((value) => argumentOf(value));
  const [first] = found;
  const same = found.every((other) => other && first && sameElements(bare(first), bare(other)));
  return first && same ? first : null;
}

/** The operands, when the view is all of an elementwise result whose constants are scalars. */
function arithmeticOperands(view: View): readonly Value[] | null {
  const { type, operands } = view.base;
  const elementwise = type in UNARY || type in BINARY;
  const scalars = operands.every((value) => value.kind === 'view' || isScalar(value));
  return elementwise && scalars && view.map === null ? operands : null;
}

/** What an activation with its quantizers makes of real values of its argument. */
export function evaluateActivation(after: View, before: View, samples: Float64Array): Float64Array {
  return evaluateAt(after, bare(before), samples, fakeQuant);
}

type Rounding = (values: Float64Array, quantizer: Operation) => Float64Array;
const asIs: Rounding = (values) => values;

function evaluateAt(
  value: Value,
  x: View,
  samples: Float64Array,
  rounding: Rounding = asIs,
): Float64Array {
  if (value.kind === 'constant') return samples.map(() => value.data[0] as number);
  const quantizer = quantizerOf(value);
  const [inner] = quantizer?.operands ?? [];
  if (quantizer && inner?.kind === 'view') {
    return rounding(evaluateAt(through(value, inner), x, samples, rounding), quantizer);
  }
  const view = value;
  const operands = sameElements(view, x) ? null : arithmeticOperands(view);
  if (!operands) return samples;
  const [a, b] = operands.map((operand) => evaluateAt(operand, x, samples, rounding));
  const unary = UNARY[view.base.type];
  const binary = BINARY[view.base.type];
  if (unary && a) return a.map((v) => unary(v));
  if (binary && a && b) return a.map((v, i) => binary(v, b[i] as number));
  throw new Error(`the elementwise operator ${view.base.type} has no function`);
}
