import { scaleLog } from 'd3-scale';
import { groupOperators, type Machine, roofline } from '../../roofline/index.ts';
import { achievedOf } from '../achieved.ts';
import { bottomAxis, decades, type Frame, leftAxis } from '../axes.ts';
import type { Chart } from '../chart.ts';
import { operatorTitle } from '../describe.ts';
import { placeLabels } from '../labels.ts';
import { percent, scaled, short } from '../numbers.ts';
import type { ReportInput } from '../report-input.ts';
import { element, mark, text, textWidth } from '../svg.ts';

const [WIDTH, HEIGHT] = [760, 480];
const FRAME: Frame = { left: 76, right: 740, top: 44, bottom: 428 };

/** Every operator under the roof of the board, and what the engine makes of it. */
export function rooflineChart({ operators, machines, result }: ReportInput): Chart {
  const [board, engine] = machines;
  const groups = groupOperators(roofline(operators, board).points);
  const achieved = result.answer
    ? achievedOf(operators, result.answer.details.losses, result.answer.point.clockMHz)
    : new Map<string, number>();
  const rates = [...achieved.values(), ...groups.map(({ operator }) => operator.attainable)];
  const ridges = machines.flatMap((m) => (m ? [m.operationsPerSecond / m.bytesPerSecond] : []));
  const intensities = groups.map(({ operator }) => operator.intensity);
  const x = scaleLog()
    .domain([
      decadeBelow(Math.min(...intensities)),
      decadeAbove(Math.max(...intensities, ...ridges)),
    ])
    .range([FRAME.left, FRAME.right]);
  const y = scaleLog()
    .domain([
      decadeBelow(Math.min(...rates)),
      decadeAbove(Math.max(board.operationsPerSecond, ...rates)),
    ])
    .range([FRAME.bottom, FRAME.top]);
  const points = groups.map(({ operator, kind, count }) => {
    const rate = operator.products > 0 ? achieved.get(operator.name) : undefined;
    const name = operatorTitle(operator);
    return { operator, kind, count, rate, name: count > 1 ? `${name} ×${count}` : name };
  });
  const marks = points.map(({ operator, rate, name }) => {
    const cx = x(operator.intensity);
    const roof = y(operator.attainable);
    const shape = operator.fused
      ? element('circle', { cx, cy: roof, r: 5, class: 'hollow dashed' })
      : element('circle', { cx, cy: roof, r: 5.5, class: 'hollow' });
    const label = {
      title: name,
      lines: [
        `${scaled(operator.operations, 'OP')}, ${scaled(operator.bytes, 'B')}: ${short(operator.intensity)} OP/B`,
        `at most ${scaled(operator.attainable, 'OP/s')}, bound by ${operator.bound === 'memory' ? 'memory' : 'the array'}`,
        ...(rate === undefined
          ? []
          : [
              `this plan ${scaled(rate, 'OP/s')}, ${percent(rate / board.operationsPerSecond)} of the peak`,
            ]),
        ...(operator.fused ? ['made on the way of a product: moves nothing in the engine'] : []),
      ],
    };
    if (rate === undefined) return mark(label, 'dot', shape);
    const gap = element('path', { d: `M${cx} ${roof}V${y(rate)}`, class: 'grid' });
    return mark(
      label,
      'dot',
      gap,
      shape,
      element('circle', { cx, cy: y(rate), r: 5, class: 's0' }),
    );
  });
  // The matrix products first: where labels are many, theirs are wanted most.
  const anchors = points
    .toSorted((a, b) => b.operator.products - a.operator.products)
    .map(({ operator, rate, name }) => ({
      ...{ x: x(operator.intensity), y: y(operator.attainable), words: name },
      other: rate === undefined ? undefined : { x: x(operator.intensity), y: y(rate) },
    }));
  // The words over and under the roofs, and the roofs themselves.
  const blocked = machines.flatMap((machine, i) => {
    if (!machine) return [];
    const at = y(machine.operationsPerSecond);
    const x0 = FRAME.right - 8 - textWidth(roofTitle(machine), 11);
    const [y0, y1] = i === 0 ? [at - 20, at + 2] : [at - 2, at + 20];
    return [{ x0, x1: FRAME.right, y0, y1 }];
  });
  const labels = placeLabels(anchors, blocked, FRAME).map(({ labelX, labelY, anchor, words }) =>
    text(labelX, labelY, words, { 'text-anchor': anchor }),
  );
  const roof = (machine: Machine, style: string, drop: number) => {
    const { operationsPerSecond: peak, bytesPerSecond: bandwidth } = machine;
    const [low, high] = x.domain() as [number, number];
    const start = Math.max(low, (y.domain()[0] as number) / bandwidth);
    const ridge = Math.min(high, peak / bandwidth);
    const at = (i: number, rate: number) => `${round(x(i))} ${round(y(rate))}`;
    const d = `M${at(start, start * bandwidth)}L${at(ridge, ridge * bandwidth)}L${at(high, Math.min(peak, high * bandwidth))}`;
    const words = roofTitle(machine);
    return (
      element('path', { d, class: `line ${style}` }) +
      text(FRAME.right - 4, y(peak) + drop, words, { 'text-anchor': 'end', class: 'soft small' })
    );
  };
  const format = (unit: string) => (v: number) => (unit ? scaled(v, unit) : short(v));
  return {
    id: 'roofline',
    title: 'Roofline',
    summary: `Operators by operations per byte and operations per second. Rings: what ${board.name} allows each alone, every operand moved once. Dots: what the array does for it in this plan, with all that it waits for; a dot above its ring is what tensors on chip are worth.`,
    ...{ width: WIDTH, height: HEIGHT },
    body: [
      bottomAxis(FRAME, {
        ...{ scale: x, label: 'operations per byte', format: format('') },
        ticks: decades(...(x.domain() as [number, number])),
      }),
      leftAxis(FRAME, {
        ...{ scale: y, label: 'operations per second', format: format('') },
        ticks: [],
      }),
      leftAxis(FRAME, {
        ...{ scale: y, label: '', format: (v) => scaled(v, '') },
        ticks: decades(...(y.domain() as [number, number])),
      }),
      roof(board, '', -7),
      engine ? roof(engine, 'dashed', 16) : '',
      ...marks,
      ...labels,
    ].join(''),
    legend: [],
    data: {
      columns: [
        ...['operator', 'first of', 'count', 'operations', 'bytes', 'operations per byte'],
        ...['attainable OP/s', 'bound', 'plan OP/s'],
      ],
      rows: points.map(({ operator: o, count, rate }) => [
        ...[operatorTitle(o), o.name, count, o.operations, o.bytes, o.intensity],
        ...[o.attainable, o.bound, rate ?? ''],
      ]),
    },
  };
}

const roofTitle = ({ name, operationsPerSecond: peak, bytesPerSecond: bandwidth }: Machine) =>
  `${name}: ${scaled(peak, 'OP/s')}, ${scaled(bandwidth, 'B/s')}`;

const decadeBelow = (n: number) => 10 ** Math.floor(Math.log10(n) - 0.05);
const decadeAbove = (n: number) => 10 ** Math.ceil(Math.log10(n) + 0.2);
const round = (n: number) => Math.round(100 * n) / 100;
