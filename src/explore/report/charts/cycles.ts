import { scaleLinear } from 'd3-scale';
import { stack } from 'd3-shape';
import type { Cause, LayerLosses } from '../../../plan/index.ts';
import { causes } from '../../../plan/index.ts';
import type { PlanDetails } from '../../types.ts';
import { bottomAxis, type Frame } from '../axes.ts';
import type { Chart } from '../chart.ts';
import { causeTitle, groupLayers } from '../describe.ts';
import { percent, short, whole } from '../numbers.ts';
import { element, mark, text, textWidth } from '../svg.ts';

const WIDTH = 760;
const ROW = 30;

type Part = 'useful' | Cause;

/** Cycles of a frame by layer, and where they go. */
export function cyclesChart({ losses }: PlanDetails): Chart {
  const parts: readonly Part[] = [
    'useful',
    ...causes.filter((cause) => losses.layers.some((layer) => (layer.lost[cause] ?? 0) > 0)),
  ];
  const groups = groupLayers(losses.layers);
  const height = 24 + groups.length * ROW + 50;
  const left = 24 + Math.max(...groups.map(({ name }) => textWidth(name)));
  const frame: Frame = { left, right: WIDTH - 78, top: 16, bottom: height - 50 };
  const x = scaleLinear()
    .domain([0, Math.max(1, ...groups.map(({ layer }) => layer.cycles))])
    .nice()
    .range([frame.left, frame.right]);
  const partOf = (layer: LayerLosses, part: Part) =>
    part === 'useful' ? layer.useful : (layer.lost[part] ?? 0);
  const stacked = stack<LayerLosses, Part>().keys(parts).value(partOf)(
    groups.map(({ layer }) => layer),
  );
  const bars = groups.flatMap(({ name, layer, count }, row) => {
    const y = frame.top + 8 + row * ROW;
    const own = stacked.flatMap((series, part) => {
      const [from, to] = series[row] as [number, number];
      if (to - from <= 0) return [];
      const key = parts[part] as Part;
      const label = {
        title: `${name}: ${causeTitle(key)}`,
        lines: [
          `${short(to - from)} of ${whole(layer.cycles)} cycles, ${percent((to - from) / layer.cycles)}`,
          `${percent((count * (to - from)) / losses.perFrame)} of the frame${count > 1 ? ` in ${count} layers` : ''}`,
        ],
      };
      const shape = { x: x(from), y, width: Math.max(0.6, x(to) - x(from)), height: ROW - 10 };
      return [mark(label, 'bar', element('rect', { ...shape, class: `s${part}` }))];
    });
    return [
      text(frame.left - 10, y + 14, name, { 'text-anchor': 'end' }),
      ...own,
      text(x(layer.cycles) + 7, y + 14, `${percent(layer.useful / layer.cycles)}`, {
        class: 'soft small',
      }),
    ];
  });
  const lost = losses.perFrame - losses.useful;
  return {
    id: 'cycles',
    title: 'Where the cycles go',
    summary: `${whole(losses.perFrame)} cycles a frame, of which all multipliers would need ${whole(losses.useful)}; ${whole(lost)} are lost, by layer and cause. Beside each bar: the share that is useful.`,
    ...{ width: WIDTH, height },
    body: [
      bottomAxis(frame, { scale: x, label: 'cycles of a layer', format: whole }),
      ...bars,
    ].join(''),
    legend: parts.map((part, i) => ({ name: causeTitle(part), className: `s${i}` })),
    data: {
      columns: ['layer', 'cycles', 'products', ...parts],
      rows: losses.layers.map((layer) => [
        ...[layer.name, layer.cycles, layer.products],
        ...parts.map((part) => partOf(layer, part)),
      ]),
    },
  };
}
