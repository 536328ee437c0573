import type { AnyDesign } from '../../dsl/load.ts';
import { decibelsOf } from '../accuracy/output-error.ts';
import { planText, quantOf } from '../plan-file/index.ts';
import { boardMachine, type Operator, operatorsOf, precisionOf } from '../roofline/index.ts';
import type { ExploreResult } from '../types.ts';
import { answerMachine } from './answer-machine.ts';
import { short } from './numbers.ts';
import type { Fact, ReportInput } from './report-input.ts';

/** The report of a search: its result, and the operators of its design at the bits of the answer. */
export function reportOf(result: ExploreResult, design: AnyDesign): ReportInput {
  const { answer, board } = result;
  const bits = answer?.point.bits ?? null;
  const settings =
    design.kind === 'design' ? (bits ? quantOf(design.quant, bits) : design.quant) : null;
  // A design of integers has no model in floats: its operators are not known by their kinds.
  const operators: readonly Operator[] =
    design.kind === 'design' && settings ? operatorsOf(design.model, precisionOf(settings)) : [];
  const machine = boardMachine(board, {
    aBits: settings?.activations ?? 8,
    bBits: Math.max(settings?.activations ?? 8, settings?.weights ?? 8),
    clockMHz: answer?.point.clockMHz,
  });
  const engine = answerMachine(result, machine);
  return {
    result,
    operators,
    machines: engine ? [machine, engine] : [machine],
    planFile: answer ? planText(result.design, answer.point) : undefined,
    facts: [...accuracyFacts(result), ...allocationFacts(result)],
  };
}

function accuracyFacts({ answer }: ExploreResult): readonly Fact[] {
  const accuracy = answer?.evaluation.accuracy;
  if (!accuracy) return [{ name: 'accuracy', value: 'not measured' }];
  const { how, images } = accuracy;
  const value =
    how === 'proxy'
      ? 'a proxy: signal to noise of weights and activations, since there are no images'
      : `${how} on ${images} images`;
  return [{ name: 'accuracy', value }];
}

function allocationFacts({ allocation }: ExploreResult): readonly Fact[] {
  if (!allocation) return [];
  const { allocator, taken, how, predicted, measured, weightBits, room, uniform } = allocation;
  const ratio = (noise: number) => `${short(decibelsOf(noise))} dB`;
  return [
    { name: 'allocator', value: taken ? allocator : `${allocator}; uniform bits lose less` },
    { name: 'bits of a weight', value: `${short(weightBits)}, room for ${short(room)}` },
    {
      name: 'signal to noise expected',
      value: `${ratio(predicted)}${how === 'proxy' ? ', a proxy' : ''}`,
    },
    ...(measured === null
      ? []
      : [{ name: 'signal to noise measured', value: `${ratio(measured)}, as a whole` }]),
    ...(uniform ? [{ name: 'expected of uniform bits', value: ratio(uniform.predicted) }] : []),
  ];
}
