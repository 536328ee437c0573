import { scaleLinear } from 'd3-scale';
import { curveStepBefore, line } from 'd3-shape';
import type { ExploredPlan } from '../../types.ts';
import { bottomAxis, type Frame, leftAxis } from '../axes.ts';
import type { Chart } from '../chart.ts';
import { planName, planTile, resourceTitle, sharesOf } from '../describe.ts';
import { percent, short, whole } from '../numbers.ts';
import type { ReportInput } from '../report-input.ts';
import { element, mark, text } from '../svg.ts';

const [WIDTH, HEIGHT] = [760, 400];
const FRAME: Frame = { left: 62, right: 740, top: 44, bottom: 348 };

/** Frames per second against accuracy, or against what binds where accuracy is not known. */
export function frontChart({ result }: ReportInput): Chart {
  const { front, answer, targetFps, board } = result;
  const plans = [...front].sort((a, b) => fps(a) - fps(b));
  const known = plans.some(({ evaluation }) => evaluation.accuracy !== null);
  const { metric, how } = plans.find((p) => p.evaluation.accuracy)?.evaluation.accuracy ?? {};
  const heightOf = ({ evaluation: { accuracy, binding } }: ExploredPlan) =>
    known ? (accuracy?.value ?? Number.NaN) : binding.share;
  const drawn = plans.filter((plan) => Number.isFinite(heightOf(plan)));
  const x = scaleLinear()
    .domain([0, Math.max(1, targetFps ?? 0, ...drawn.map(fps)) * 1.05])
    .nice()
    .range([FRAME.left, FRAME.right]);
  const values = drawn.map(heightOf);
  const low = known ? Math.min(...values) : 0;
  const high = known ? Math.max(...values) : Math.max(1, ...values);
  // Around the values; a share of images ends at all of them.
  const room = known ? Math.max((high - low) * 0.12, metric === 'sqnr' ? 1 : 0.01) : 0;
  const most = known && metric === 'top1' ? 1 : Number.POSITIVE_INFINITY;
  const y = scaleLinear()
    .domain([low - room, Math.max(high, Math.min(high + room, most))])
    .range([FRAME.bottom, FRAME.top]);
  const format = metric === 'sqnr' && known ? short : (v: number) => `${short(100 * v)} %`;
  const label = !known
    ? 'largest share of what the search may take of a resource'
    : metric === 'sqnr'
      ? `signal to noise of ${how === 'proxy' ? 'weights and activations, a proxy' : 'the outputs'}, dB`
      : 'top-1 accuracy';
  // Those that none beats in frames per second and in what is drawn: others are better in resources.
  const better = (a: number, b: number) => (known ? a > b : a < b);
  const outline = drawn.filter((plan, i) =>
    drawn.slice(i + 1).every((faster) => !better(heightOf(faster), heightOf(plan))),
  );
  const path = line<ExploredPlan>(
    (plan) => x(fps(plan)),
    (plan) => y(heightOf(plan)),
  ).curve(curveStepBefore);
  const bits = [...new Set(drawn.map(planName))];
  const classOf = (plan: ExploredPlan) => `s${bits.indexOf(planName(plan)) % 12}`;
  const isAnswer = (plan: ExploredPlan) =>
    JSON.stringify(plan.point) === JSON.stringify(answer?.point);
  const marks = drawn.map((plan) => {
    const [cx, cy] = [x(fps(plan)), y(heightOf(plan))];
    const ring = isAnswer(plan) ? element('circle', { cx, cy, r: 10, class: 'ring' }) : '';
    const title = `${planName(plan)}${isAnswer(plan) ? ', chosen' : ''}`;
    return mark(
      { title, lines: linesOf(plan) },
      'dot',
      element('circle', { cx, cy, r: 6, class: classOf(plan) }),
      ring,
    );
  });
  const target =
    targetFps === null
      ? ''
      : element('path', {
          d: `M${x(targetFps)} ${FRAME.top}V${FRAME.bottom}`,
          class: 'limit dashed',
        }) +
        text(x(targetFps) + 5, FRAME.top + 10, `target ${short(targetFps)}`, { class: 'small' });
  return {
    id: 'front',
    title: 'The front',
    summary: `${plans.length} plans of which none is better than another in everything, by frames per second and ${known ? 'accuracy' : 'the resource that binds'}.`,
    ...{ width: WIDTH, height: HEIGHT },
    body: [
      bottomAxis(FRAME, { scale: x, label: 'frames per second', format: whole }),
      leftAxis(FRAME, { scale: y, label, format }),
      element('path', { d: path(outline) ?? '', class: 'axis dashed' }),
      target,
      ...marks,
    ].join(''),
    legend: bits.map((name, i) => ({ name, className: `s${i % 12}` })),
    data: {
      columns: [
        ...['bits', 'tile', 'frames per second', 'latency ms', 'accuracy', 'how'],
        ...['LUT', 'DSP', 'BRAM36', 'URAM', 'utilization', 'binds', 'chosen'],
      ],
      rows: plans.map((plan) => {
        const { evaluation: e } = plan;
        return [
          ...[planName(plan), planTile(plan), e.framesPerSecond, e.latencyMs],
          ...[e.accuracy?.value ?? '', e.accuracy?.how ?? ''],
          ...[e.need.lut, e.need.dsp, e.need.bram36, e.need.uram, e.utilization],
          ...[e.binding.resource, isAnswer(plan) ? 'yes' : ''],
        ];
      }),
    },
  };

  function linesOf(plan: ExploredPlan): string[] {
    const { evaluation: e } = plan;
    const { accuracy } = e;
    const value = accuracy
      ? accuracy.metric === 'top1'
        ? `top-1 ${percent(accuracy.value)}, ${accuracy.how}`
        : `${short(accuracy.value)} dB, ${accuracy.how}`
      : null;
    const shares = sharesOf(e.need, board).map(
      ({ name, need, share }) => `${resourceTitle[name]} ${whole(need)}, ${percent(share)}`,
    );
    return [
      `${short(e.framesPerSecond)} frames per second, ${short(e.latencyMs)} ms`,
      ...(value === null ? [] : [value]),
      `tile ${planTile(plan)}, array busy ${percent(e.utilization)}`,
      ...shares,
    ];
  }
}

const fps = ({ evaluation }: ExploredPlan) => evaluation.framesPerSecond;
