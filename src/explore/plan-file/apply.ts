import { DiagnosticsError, throwIfAny } from '../../diagnostics/index.ts';
import type { QuantSettings, Target } from '../../dsl/design.ts';
import { checkLayers } from '../../dsl/layer-bits.ts';
import type { AnyDesign } from '../../dsl/load.ts';
import { plainMethod } from '../../dsl/quant-method.ts';
import type { PlanBits, PlanPoint } from '../types.ts';
import type { ReadPlan } from './read.ts';

/** A target with nothing left to choose: the planner makes of it the plan of the point. */
export function targetOf(point: PlanPoint): Target {
  const { board, clockMHz, tile, multipliers, lutOutputs, primitives, weights, weightBus } = point;
  return {
    ...{ board, clockMHz, tile, multipliers, lutOutputs, primitives, weights },
    ...(point.lutOperands === 'weights' && { lutOperands: point.lutOperands }),
    ...(weightBus !== null && { weightBus }),
  };
}

/** The settings of a design at the bits of a plan; its method stays. */
export function quantOf(quant: QuantSettings, bits: PlanBits): QuantSettings {
  const { weights, activations, residual, ends, layers, rows } = bits;
  const { ends: _, layers: __, ...rest } = quant;
  const { method = plainMethod } = quant;
  return {
    ...{ ...rest, weights, activations, residual },
    ...((quant.method || rows) && { method: { ...method, rows: rows ?? undefined } }),
    ...(ends !== null && { ends }),
    ...(layers !== null && { layers }),
  };
}

/** Bits that a plan of the design has: null where they are not to be chosen. */
export function bitsOfDesign(design: AnyDesign): PlanBits | null {
  if (design.kind === 'integerDesign' || design.quant.fromFile) return null;
  const { weights, activations, residual, ends = null, layers = null, method } = design.quant;
  return { weights, activations, residual, ends, rows: method?.rows ?? null, layers };
}

/**
 * The design as the plan wants it: its target and its bits replaced. Faults that later stages find
 * in them are told at their places in the plan file. Throws `DiagnosticsError`: VT423 the plan is
 * of another design, VT424 its bits cannot be those of the
 * design, VT117 a layer that the model does not have.
 */
export function applyPlan(design: AnyDesign, { design: name, point, place }: ReadPlan): AnyDesign {
  if (name !== design.name) {
    throw new DiagnosticsError([
      {
        code: 'VT423',
        message: `The plan is of the design ${name}, and this one is ${design.name}.`,
        hint: `Legal is "${design.name}".`,
        place: place('design'),
      },
    ]);
  }
  const own = bitsOfDesign(design);
  if ((own === null) !== (point.bits === null)) {
    const [message, hint] = own
      ? [
          'The plan has no bits, and the design is to be quantized.',
          `Legal: ${JSON.stringify(own)}.`,
        ]
      : ['The plan has bits, and the integers of the design are given.', 'Legal is null.'];
    throw new DiagnosticsError([{ code: 'VT424', message, hint, place: place('bits') }]);
  }
  if (design.kind === 'design' && point.bits?.layers) {
    throwIfAny(checkLayers(point.bits.layers, design.model, place('bits')));
  }
  const target = targetOf(point);
  const places = {
    ...design.places,
    target: place(''),
    ...Object.fromEntries(
      ['board', 'tile', 'multipliers', 'lutOutputs', 'lutOperands', 'primitives', 'clockMHz'].map(
        (field) => [`target.${field}`, place(field)],
      ),
    ),
  };
  if (design.kind === 'integerDesign' || !point.bits) return { ...design, target, places };
  return { ...design, target, places, quant: quantOf(design.quant, point.bits) };
}
