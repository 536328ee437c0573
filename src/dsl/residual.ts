import type { Diagnostic, Place } from '../diagnostics/index.ts';
import type { FeedForwardLayer } from '../model/index.ts';
import { freeze } from './draft.ts';
import { codes, fault, show } from './faults.ts';
import { captureCall } from './place.ts';
import type { LayerNorm, Operator, Operators, Residual, ResidualOf } from './types/branch.ts';

/**
 * `x + branch(layerNorm(x))`. The branch is one `attention()`, or a row of `linear()`s, each
 * followed by at most one activation, the last by none. Throws nothing: faults are thrown by
 * `design()`.
 */
export function residual<const P extends readonly Operator[]>(
  norm: LayerNorm,
  ...operators: Operators<P>
): ResidualOf<P> {
  return describeResidual([norm, ...operators], captureCall()?.place) as ResidualOf<P>;
}

function describeResidual(parts: readonly unknown[], place: Place | undefined): Residual {
  const faults: Diagnostic[] = [];
  const complain: Complain = (part, message, hint) =>
    faults.push(fault(codes.branch, isPart(part) ? part.place : place, undefined, message, hint));

  const [norm, ...rest] = parts;
  if (!isPart(norm) || norm.kind !== 'layerNorm') {
    complain(norm, `A residual begins with ${name(norm)}.`, 'It begins with layerNorm().');
  }
  const operators = rest.filter((part, i): part is Operator => {
    if (isPart(part) && part.kind !== 'layerNorm') return true;
    complain(part, `${name(part)} stands at position ${i + 2} of a residual.`, legalOperators);
    return false;
  });
  for (const operator of operators) faults.push(...operator.faults);
  const first = operators[0];
  if (!first && faults.length === 0) {
    complain(undefined, 'A residual has no branch.', legalOperators);
  }
  const origin = { kind: 'residual', from: 'residual', faults, place } as const;
  if (first?.kind === 'attention') {
    for (const other of operators.slice(1)) complain(other, aloneMessage(other), aloneHint);
    const { heads, headWidth, place: shapePlace } = first;
    return freeze({ ...origin, branch: 'attention', heads, headWidth, shapePlace });
  }
  const layers = feedForwardLayers(operators, complain);
  const width = layers.at(-1)?.width ?? 0;
  const shapePlace = operators.findLast((o) => o.kind === 'linear')?.place;
  return freeze({ ...origin, branch: 'feedForward', layers, width, shapePlace });
}

type Complain = (part: unknown, message: string, hint: string) => void;

const legalOperators = 'Legal are attention({ heads }), linear(width), gelu() and relu().';
const aloneHint = 'Give attention() and linear() each its own residual().';
const aloneMessage = (other: Operator) =>
  other.kind === 'attention'
    ? 'attention() stands twice in one branch.'
    : `${other.from}() stands in one branch with attention().`;

/** The linears with their activations; complains of every operator that stands at a wrong place. */
function feedForwardLayers(operators: readonly Operator[], complain: Complain) {
  const layers: FeedForwardLayer[] = [];
  operators.forEach((operator, i) => {
    const before = operators[i - 1];
    const layer = layers.at(-1);
    if (operator.kind === 'linear') {
      layers.push({ width: operator.width, activation: 'none' });
    } else if (operator.kind === 'attention') {
      const message = `attention() stands in one branch with ${operators[0]?.from}().`;
      complain(operator, message, aloneHint);
    } else if (before?.kind === 'activation') {
      const what =
        before.from === operator.from ? 'twice in a row' : `right after ${before.from}()`;
      complain(operator, `${operator.from}() stands ${what}.`, activationHint);
    } else if (before?.kind === 'linear' && layer) {
      layers[layers.length - 1] = { ...layer, activation: operator.activation };
    } else {
      complain(operator, `${operator.from}() stands before any linear().`, activationHint);
    }
  });
  const last = operators.at(-1);
  if (last?.kind === 'activation' && layers.length > 0) {
    complain(last, `A branch ends with ${last.from}().`, 'It ends with a linear().');
  }
  return layers;
}

const activationHint = 'One activation may follow each linear() but the last.';

const partKinds: readonly unknown[] = ['layerNorm', 'attention', 'linear', 'activation'];

const isPart = (x: unknown): x is LayerNorm | Operator =>
  typeof x === 'object' && x !== null && 'kind' in x && partKinds.includes(x.kind);

const name = (x: unknown) => (isPart(x) ? `${x.from}()` : show(x));
