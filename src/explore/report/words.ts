import { rowsText } from '../row-kinds.ts';
import type { ExploredPlan } from '../types.ts';
import { planName, planTile, resourceTitle, sharesOf } from './describe.ts';
import { percent, short, whole } from './numbers.ts';
import type { Fact, ReportInput } from './report-input.ts';

/** The answer in a sentence or two. */
export function verdictOf({ result }: ReportInput): string {
  const { answer, nearest, targetFps, reached, board } = result;
  if (!answer)
    return `Nothing fits ${board.title}.${nearest ? ` ${nearestSentence(nearest)}` : ''}`;
  const { framesPerSecond, binding } = answer.evaluation;
  const rate = `${short(framesPerSecond)} frames per second`;
  const resource = binding.resource === 'memory' ? 'memory' : resourceTitle[binding.resource];
  const why = `What binds is ${resource}: ${whole(binding.need)} of ${whole(binding.budget)}.`;
  if (targetFps === null) return `Up to ${rate}. ${why}`;
  return reached
    ? `The target of ${short(targetFps)} is met with ${rate}.`
    : `The target of ${short(targetFps)} is not met: ${rate} at most. ${why}`;
}

function nearestSentence(plan: ExploredPlan): string {
  const { resource, need, budget } = plan.evaluation.binding;
  const name = resource === 'memory' ? 'memory' : resourceTitle[resource];
  return `The nearest, ${planName(plan)} with a tile of ${planTile(plan)}, needs ${whole(need)} ${name} of ${whole(budget)}.`;
}

/** A figure at the top of the page. */
export interface Tile extends Fact {
  /** More than there is. */
  readonly over?: boolean | undefined;
}

export function tilesOf({ result }: ReportInput): Tile[] {
  const { answer, board } = result;
  if (!answer) return [];
  const { evaluation: e } = answer;
  const { accuracy } = e;
  const value =
    accuracy &&
    (accuracy.metric === 'top1' ? percent(accuracy.value) : `${short(accuracy.value)} dB`);
  const known = accuracy
    ? [
        {
          name: `${accuracy.metric === 'top1' ? 'top-1' : 'signal to noise'}, ${accuracy.how}`,
          value: value ?? '',
        },
      ]
    : [];
  return [
    { name: 'frames per second', value: short(e.framesPerSecond) },
    { name: 'latency', value: `${short(e.latencyMs)} ms` },
    ...known,
    { name: 'array busy', value: percent(e.utilization) },
    ...sharesOf(e.need, board).map(({ name, share }) => ({
      name: `of the board's ${resourceTitle[name]}`,
      value: percent(share),
      over: share > 1,
    })),
  ];
}

/** What the plan is, line by line. */
export function planFacts({ result, facts = [] }: ReportInput): Fact[] {
  const { answer } = result;
  if (!answer) return [...facts];
  const { point, details, evaluation: e } = answer;
  const { bits } = point;
  const own = Object.entries(bits?.layers ?? {}).map(
    ([layer, { weights, activations }]) =>
      `${layer} ${weights === undefined ? '' : `W${weights}`}${activations === undefined ? '' : `A${activations}`}`,
  );
  return [
    { name: 'bits', value: planName(answer) },
    ...(bits
      ? [
          { name: 'residual stream', value: `${bits.residual} bits` },
          {
            name: 'first and last layer',
            value: bits.ends === null ? 'as the rest' : `${bits.ends} bits`,
          },
        ]
      : []),
    ...(own.length > 0 ? [{ name: 'layers of their own bits', value: own.join(', ') }] : []),
    { name: 'tile (tokens x inputs x outputs)', value: planTile(answer) },
    { name: 'lanes of LayerNorm and softmax', value: String(point.tile.vector) },
    {
      name: 'multipliers',
      value: `${point.multipliers}${point.primitives ? ', DSP primitives' : ''}`,
    },
    {
      name: 'outputs on LUTs',
      value: point.multipliers === 'lut' ? 'all' : `${point.lutOutputs} of ${point.tile.outputs}`,
    },
    ...(point.lutOperands === 'weights' ? [{ name: 'they multiply', value: 'weights alone' }] : []),
    ...(bits?.rows ? [{ name: 'rows of another kind', value: rowsText(bits.rows) }] : []),
    { name: 'clock', value: `${short(point.clockMHz)} MHz` },
    {
      name: 'weights',
      value:
        point.weightBus === null
          ? 'on chip'
          : `external, ${point.weightBus} bits, ${whole(e.weightBytes)} bytes a frame`,
    },
    ...(details.parameters === 'external'
      ? [{ name: 'parameters of channels', value: 'beside them' }]
      : []),
    { name: 'frames in flight', value: String(details.framesInFlight) },
    { name: 'cycles a frame', value: whole(e.cyclesPerFrame) },
    ...facts,
  ];
}

/** How much was searched. */
export function countsOf({ result: { counts } }: ReportInput): string {
  const { points, evaluated, cut, stored, fitting, seconds, plansPerSecondAndCore } = counts;
  const speed =
    plansPerSecondAndCore === null
      ? ''
      : `, ${whole(plansPerSecondAndCore)} plans a second and core`;
  return (
    `${whole(points)} points: ${whole(evaluated)} worked out (${whole(stored)} from the store), ` +
    `${whole(cut)} cut by a bound, ${whole(fitting)} fit; ${short(seconds)} s${speed}.`
  );
}
