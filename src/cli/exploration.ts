import { rowsText } from '../explore/row-kinds.ts';
import { bitsName } from '../explore/space.ts';
import type {
  Binding,
  Evaluation,
  ExploredPlan,
  ExploreResult,
  PlanPoint,
} from '../explore/types.ts';
import type { ExploreCommandResult } from './commands/contracts.ts';
import { memoryText } from './memories.ts';
import { table, thousands } from './text.ts';

const resourceTitles: Readonly<Record<Binding['resource'], string>> = {
  lut: 'LUT',
  dsp: 'DSP',
  bram36: 'BRAM36',
  uram: 'URAM',
  memory: 'block memory',
};

/** The answer of a search, its front, and what else would do. */
export function exploreText(found: ExploreCommandResult): string {
  const { result } = found;
  const { answer } = result;
  const parts = [
    headline(result),
    ...(result.nearest ? [nearestText(result.nearest)] : []),
    ...(answer ? [planText(answer, result), memoryText(answer.details.memories)] : []),
    allocationText(result),
    alternativesText(result),
    frontText(result),
    verifiedText(found),
    countsText(result),
    ...found.refused.map(({ bits, why }) => `${bitsName(bits)} cannot be built: ${why}`),
    ...(found.planFile ? [`plan: ${found.planFile}`] : []),
    ...(found.report ? [`report: ${found.report}`] : []),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headline({ design, board, targetFps, reached, answer }: ExploreResult): string {
  const head = `${design} on ${board.name}`;
  if (!answer) return `${head}: nothing fits the board and the limits.`;
  const { framesPerSecond } = answer.evaluation;
  const rate = framesPerSecond.toFixed(1);
  if (targetFps === null) return `${head}: ${rate} frames per second at most at ${bits(answer)}`;
  return reached
    ? `${head}: ${rate} frames per second for a target of ${targetFps}`
    : `${head}: ${targetFps} frames per second are out of reach; ${rate} at most`;
}

function nearestText(plan: ExploredPlan): string {
  const { binding } = plan.evaluation;
  return `The nearest, ${bits(plan)} with a tile of ${tile(plan)}: ${bindingText(binding, plan.evaluation)}.`;
}

function bits({ point }: ExploredPlan): string {
  return point.bits ? bitsName(point.bits) : 'the bits given';
}

function tile({ point: { tile: t } }: ExploredPlan): string {
  return `${t.tokens} x ${t.inputs} x ${t.outputs}`;
}

function place({ point }: ExploredPlan): string {
  return point.weights === 'onChip' ? 'on chip' : `external, bus of ${point.weightBus} bits`;
}

function planText(answer: NonNullable<ExploreResult['answer']>, result: ExploreResult): string {
  const { point, evaluation, details } = answer;
  const { resources } = result.board;
  const { need, binding } = evaluation;
  const rows = [
    ['bits', `${bits(answer)}, residual ${point.bits?.residual ?? 'as given'}`],
    ['tile (TP x TI x TO)', `${tile(answer)}, ${point.tile.vector} vector lanes`],
    ['multipliers', `${point.multipliers}${point.primitives ? ', DSP primitives' : ''}`],
    ['outputs on LUTs', outputsText(point)],
    ...(point.bits?.rows ? [['rows of another kind', rowsText(point.bits.rows)]] : []),
    ['frames in flight', String(details.framesInFlight)],
    ['weights', place(answer)],
    ...(details.parameters === 'external' ? [['parameters of channels', 'beside them']] : []),
    ['clock', `${point.clockMHz} MHz, planned for; place and route decide`],
    ['cycles per frame', `${thousands(evaluation.cyclesPerFrame)}, exact`],
    ['frames per second', evaluation.framesPerSecond.toFixed(1)],
    ['latency', `${evaluation.latencyMs.toFixed(2)} ms`],
    ['use of the array', `${(100 * evaluation.utilization).toFixed(1)} %`],
    ['LUT', `${thousands(need.lut)} of ${thousands(resources.lut)}`],
    ['FF', thousands(need.ff)],
    ['DSP', `${thousands(need.dsp)} of ${thousands(resources.dsp)}`],
    ['BRAM36', `${need.bram36} of ${resources.bram36}`],
    ['URAM', `${need.uram} of ${resources.uram}`],
    ['accuracy', accuracyText(evaluation)],
    ['why not more', bindingText(binding, evaluation)],
  ];
  return table(rows);
}

function outputsText({ multipliers, lutOutputs, lutOperands, tile }: PlanPoint): string {
  if (multipliers === 'lut') return 'all';
  return `${lutOutputs} of ${tile.outputs}${lutOperands === 'weights' ? ', for weights alone' : ''}`;
}

function accuracyText({ accuracy }: Evaluation): string {
  if (!accuracy) return 'not measured';
  const value =
    accuracy.metric === 'top1'
      ? `${(100 * accuracy.value).toFixed(2)} % top-1`
      : `${accuracy.value.toFixed(1)} dB signal to noise`;
  return `${value}, ${accuracy.how}`;
}

/** Bits by layer, equal ones together, and the error expected beside that of the whole. */
function allocationText({ allocation, answer }: ExploreResult): string {
  if (!allocation) return '';
  const { allocator, how, images, predicted, measured, uniform, taken } = allocation;
  const ratio = (noise: number) => `${(-10 * Math.log10(noise)).toFixed(1)} dB`;
  const known = how === 'proxy' ? 'a proxy: there are no images' : `on ${images} images`;
  const own = answer?.point.bits?.layers ?? {};
  const byBits = new Map<number, string[]>();
  for (const [layer, { weights }] of Object.entries(own)) {
    if (weights !== undefined) byBits.set(weights, [...(byBits.get(weights) ?? []), layer]);
  }
  const average = `${allocation.weightBits.toFixed(2)} of the ${allocation.room.toFixed(2)} that there is room for`;
  const rows = [
    ['allocator', taken ? allocator : `${allocator}; the same bits everywhere lose less`],
    ['bits of a weight', average],
    ...(taken
      ? [...byBits]
          .sort(([a], [b]) => a - b)
          .map(([bits, layers]) => [`layers of ${bits} bits`, layers.join(', ')])
      : []),
    ['signal to noise expected', `${ratio(predicted)}, ${known}`],
    ...(measured === null ? [] : [['signal to noise measured', `${ratio(measured)}, as a whole`]]),
    ...(uniform
      ? [['with the same bits', `${ratio(uniform.predicted)} expected at ${bits(uniform.plan)}`]]
      : []),
  ];
  return table(rows.map(([name, value]) => [`  ${name}`, value ?? '']));
}

function bindingText({ resource, need, budget, share }: Binding, { fits }: Evaluation): string {
  const title = resourceTitles[resource];
  const of = `${thousands(Math.ceil(need))} of the ${thousands(Math.floor(budget))} ${title} that a plan may take`;
  return `${fits ? '' : 'it does not fit: '}${title}, ${of} (${(100 * share).toFixed(0)} %)`;
}

function alternativesText({ alternatives, reached, targetFps }: ExploreResult): string {
  if (reached) return '';
  if (alternatives.length === 0) return `Nothing that was tried reaches ${targetFps}.`;
  const rows = alternatives.map(({ kind, plan }) =>
    planRow(plan, kind === 'board' ? plan.point.board : 'fewer bits'),
  );
  return ['What would do:', table([['', ...header], ...rows], [3, 4, 5, 6, 7])].join('\n');
}

const header = ['bits', 'tile', 'fps', 'LUT', 'DSP', 'BRAM36', 'URAM', 'weights', 'multipliers'];

function planRow(plan: ExploredPlan, name: string): readonly string[] {
  const { need, framesPerSecond } = plan.evaluation;
  const counts = [need.lut, need.dsp, need.bram36, need.uram].map(thousands);
  const kind = `${plan.point.multipliers}${plan.point.primitives ? '*' : ''}`;
  return [
    `  ${name}`,
    ...[bits(plan), tile(plan), framesPerSecond.toFixed(1)],
    ...[
      ...counts,
      plan.point.weights === 'onChip' ? 'on chip' : `bus ${plan.point.weightBus}`,
      kind,
    ],
  ];
}

/** Rows of the front that are printed; --json has all. */
const SHOWN = 16;

function frontText({ front, targetFps }: ExploreResult): string {
  if (targetFps !== null || front.length === 0) return '';
  const step = Math.max(1, (front.length - 1) / (SHOWN - 1));
  const count = Math.min(SHOWN, front.length);
  const shown = Array.from(
    { length: count },
    (_, i) => front[Math.round(i * step)] as ExploredPlan,
  );
  const title = `front: ${thousands(front.length)} plans, ${count} of them shown (* DSP primitives)`;
  return [
    title,
    table([['', ...header], ...shown.map((p) => planRow(p, ''))], [3, 4, 5, 6, 7]),
  ].join('\n');
}

function verifiedText({ verified }: ExploreCommandResult): string {
  if (verified.length === 0) return '';
  const rows = verified.flatMap(({ plan, measured, agrees }) => {
    const { need, cyclesPerFrame } = plan.evaluation;
    const name = `${bits(plan)} ${tile(plan)}`;
    return [
      [`  ${name}`, 'predicted', cyclesPerFrame, need.lut, need.dsp, need.bram36, ''],
      [
        '',
        'measured',
        measured.cyclesPerFrame,
        measured.lut,
        measured.dsp,
        measured.bram36,
        agrees ? 'cycles agree' : 'differs',
      ],
    ].map((row) => row.map((cell) => (typeof cell === 'number' ? thousands(cell) : cell)));
  });
  const head = ['', '', 'cycles', 'LUT', 'DSP', 'BRAM36', ''];
  return ['verified', table([head, ...rows], [2, 3, 4, 5])].join('\n');
}

function countsText({ counts }: ExploreResult): string {
  const { points, evaluated, cut, stored, fitting, unsettled, seconds, workers } = counts;
  const rate = counts.plansPerSecondAndCore;
  const speed = rate === null ? '' : `, ${thousands(Math.round(rate))} plans a second and worker`;
  const late = unsettled > 0 ? `; ${thousands(unsettled)} with late weights left out` : '';
  return (
    `searched ${thousands(points)} points in ${seconds.toFixed(1)} s on ${workers} workers: ` +
    `${thousands(evaluated)} worked out (${thousands(stored)} from the store), ${thousands(cut)} cut by bounds, ` +
    `${thousands(fitting)} fit${late}${speed}`
  );
}
