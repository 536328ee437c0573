import { scaleLinear } from 'd3-scale';
import type { ExploredPlan } from '../../types.ts';
import { bottomAxis, type Frame, leftAxis } from '../axes.ts';
import type { Chart } from '../chart.ts';
import { planName, resourceTitle, sharesOf } from '../describe.ts';
import { percent, short, whole } from '../numbers.ts';
import type { ReportInput } from '../report-input.ts';
import { element, mark } from '../svg.ts';

const [WIDTH, HEIGHT] = [760, 340];
const FRAME: Frame = { left: 62, right: 740, top: 40, bottom: 288 };

/** What the plans of the front take of the board, by frames per second. */
export function resourcesOfFront({ result: { front, board } }: ReportInput): Chart {
  const plans = [...front].sort((a, b) => fps(a) - fps(b));
  const names = sharesOf(plans[0]?.evaluation.need ?? null, board).map(({ name }) => name);
  const x = scaleLinear()
    .domain([0, Math.max(1, ...plans.map(fps)) * 1.05])
    .nice()
    .range([FRAME.left, FRAME.right]);
  const shareOf = (plan: ExploredPlan, name: string) =>
    sharesOf(plan.evaluation.need, board).find((s) => s.name === name);
  const largest = Math.max(
    1,
    ...plans.flatMap((p) => sharesOf(p.evaluation.need, board).map(({ share }) => share)),
  );
  const y = scaleLinear().domain([0, largest]).range([FRAME.bottom, FRAME.top]);
  const series = names.map((name, i) => {
    const marks = plans.map((plan) => {
      const { need = 0, share = 0 } = shareOf(plan, name) ?? {};
      const label = {
        title: `${resourceTitle[name]}: ${percent(share)} of ${board.name}`,
        lines: [`${whole(need)}`, `${planName(plan)}, ${short(fps(plan))} frames per second`],
      };
      const dot = element('circle', { cx: x(fps(plan)), cy: y(share), r: 4.5, class: `s${i}` });
      return mark(label, 'dot', dot);
    });
    return marks.join('');
  });
  return {
    id: 'front-resources',
    title: 'What speed costs',
    summary: `Shares of ${board.title} that the plans of the front take, by frames per second.`,
    ...{ width: WIDTH, height: HEIGHT },
    body: [
      bottomAxis(FRAME, { scale: x, label: 'frames per second', format: whole }),
      leftAxis(FRAME, {
        scale: y,
        label: 'share of the board',
        format: (v) => `${short(100 * v)} %`,
      }),
      element('path', { d: `M${FRAME.left} ${y(1)}H${FRAME.right}`, class: 'limit' }),
      ...series,
    ].join(''),
    legend: names.map((name, i) => ({ name: resourceTitle[name], className: `s${i}` })),
    data: {
      columns: ['frames per second', 'bits', ...names.flatMap((n) => [n, `${n} share`])],
      rows: plans.map((plan) => [
        fps(plan),
        planName(plan),
        ...names.flatMap((n) => {
          const { need = '', share = '' } = shareOf(plan, n) ?? {};
          return [need, share];
        }),
      ]),
    },
  };
}

const fps = ({ evaluation }: ExploredPlan) => evaluation.framesPerSecond;
