import { scaleLinear } from 'd3-scale';
import { stack } from 'd3-shape';
import type { Board } from '../../../boards/index.ts';
import type { Evaluation, ModuleNeed, PlanDetails } from '../../types.ts';
import { bottomAxis, type Frame } from '../axes.ts';
import type { Chart } from '../chart.ts';
import { resourceTitle, sharesOf } from '../describe.ts';
import { percent, whole } from '../numbers.ts';
import { element, mark, text } from '../svg.ts';

const WIDTH = 760;
const ROW = 46;

/** What each part of the engine takes of the board. */
export function modulesChart(details: PlanDetails, evaluation: Evaluation, board: Board): Chart {
  const { modules } = details;
  const resources = sharesOf(evaluation.need, board);
  const height = 24 + resources.length * ROW + 44;
  const frame: Frame = { left: 78, right: WIDTH - 96, top: 12, bottom: height - 44 };
  const largest = Math.max(1, ...resources.map(({ share }) => share));
  const x = scaleLinear().domain([0, largest]).range([frame.left, frame.right]);
  const rows = resources.flatMap(({ name, need, share, has }, row) => {
    const y = frame.top + 10 + row * ROW;
    const bar = { y, height: ROW - 20 };
    const shareOf = (module: ModuleNeed) => (module.need[name] ?? 0) / has;
    const stacked = stack<null, ModuleNeed>()
      .keys(modules)
      .value((_, module) => shareOf(module))([null]);
    const parts = stacked.flatMap((series, i) => {
      const [from, to] = series[0] as unknown as [number, number];
      const module = modules[i] as ModuleNeed;
      if (to - from <= 0) return [];
      const own = module.need[name] ?? 0;
      const label = {
        title: `${module.name}: ${resourceTitle[name]}`,
        lines: [
          `${whole(own)}, ${percent(own / has)} of ${board.name}`,
          `${percent(own / (need || 1))} of the engine's`,
        ],
      };
      const shape = { ...bar, x: x(from), width: Math.max(0.6, x(to) - x(from)) };
      return [mark(label, 'bar', element('rect', { ...shape, class: `s${i % 12}` }))];
    });
    return [
      element('rect', { ...bar, x: x(0), width: x(1) - x(0), class: 'track' }),
      ...parts,
      text(frame.left - 10, y + 17, resourceTitle[name], { 'text-anchor': 'end' }),
      text(frame.right + 10, y + 11, percent(share), { class: 'strong' }),
      text(frame.right + 10, y + 25, `of ${whole(has)}`, { class: 'soft small' }),
    ];
  });
  const { binding } = evaluation;
  return {
    id: 'resources',
    title: 'Resources by module',
    summary: `What the parts of the engine take of ${board.title}, estimated. ${bindingSentence(binding.resource, binding.need, binding.budget)}`,
    ...{ width: WIDTH, height },
    body: [
      bottomAxis(frame, {
        ...{ scale: x, label: 'share of the board', format: (v) => `${Math.round(100 * v)} %` },
      }),
      ...rows,
      element('path', { d: `M${x(1)} ${frame.top}V${frame.bottom}`, class: 'limit' }),
    ].join(''),
    legend: modules.map(({ name }, i) => ({ name, className: `s${i % 12}` })),
    data: {
      columns: ['module', ...resources.map(({ name }) => name)],
      rows: [
        ...modules.map((m) => [m.name, ...resources.map(({ name }) => m.need[name] ?? '')]),
        ['engine', ...resources.map(({ need }) => need)],
        ['board', ...resources.map(({ has }) => has)],
      ],
    },
  };
}

function bindingSentence(resource: string, need: number, budget: number): string {
  const name = resource === 'memory' ? 'bits of memory' : resourceTitle[resource as 'lut'];
  return `What binds: ${name}, ${whole(need)} of the ${whole(budget)} that the search may take.`;
}
