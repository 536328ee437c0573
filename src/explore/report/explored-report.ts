import type { AnyDesign } from '../../dsl/load.ts';
import { planText, quantOf } from '../plan-file/index.ts';
import { boardMachine, type Operator, operatorsOf, precisionOf } from '../roofline/index.ts';
import type { ExploreResult } from '../types.ts';
import { answerMachine } from './answer-machine.ts';
import type { ReportInput } from './report-input.ts';

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
    facts: accuracyFacts(result),
  };
}

function accuracyFacts({ answer }: ExploreResult): ReportInput['facts'] {
  const accuracy = answer?.evaluation.accuracy;
  if (!accuracy) return [{ name: 'accuracy', value: 'not measured' }];
  const { how, images } = accuracy;
  const value =
    how === 'proxy'
      ? 'a proxy: signal to noise of weights and activations, since there are no images'
      : `${how} on ${images} images`;
  return [{ name: 'accuracy', value }];
}
