import { element, escaped, type Markup } from './svg.ts';

/** The figures behind a plot. */
export interface DataTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface LegendEntry {
  readonly name: string;
  /** Of the swatch: a series of the style sheet. */
  readonly className: string;
}

export interface Chart {
  /** Of the file too. */
  readonly id: string;
  readonly title: string;
  /** What the plot shows, in a sentence or two, for those who do not see it as well. */
  readonly summary: string;
  readonly width: number;
  readonly height: number;
  readonly body: Markup;
  readonly legend: readonly LegendEntry[];
  readonly data: DataTable;
}

/** Colours by series, told apart by people who see colours differently, and legible on their ground. */
const LIGHT = {
  ...{ ground: '#ffffff', ink: '#1d2733', soft: '#5b6875', grid: '#dfe5ea', accent: '#b3261e' },
  series: [
    ...['#2469a6', '#e0902b', '#b9415b', '#7d5ba6', '#2f8560', '#8a949e'],
    ...['#23a0b0', '#a3702c', '#d071a8', '#66801f', '#4a4fb0', '#c65a2e'],
  ],
};
const DARK = {
  ...{ ground: '#151b22', ink: '#e8edf2', soft: '#9fadba', grid: '#2c3742', accent: '#ff8a7a' },
  series: [
    ...['#6cb2ea', '#f2b45c', '#ee7f97', '#b99ae0', '#62c397', '#8e9aa6'],
    ...['#5fd0de', '#d3a566', '#ec9fcb', '#a9c25a', '#9aa0f0', '#f0946c'],
  ],
};

/** Colours as custom properties. */
export function themeProperties(theme: 'light' | 'dark'): string {
  const { series, ...rest } = theme === 'light' ? LIGHT : DARK;
  return [
    ...Object.entries(rest).map(([name, colour]) => `--${name}: ${colour};`),
    ...series.map((colour, i) => `--s${i}: ${colour};`),
  ].join(' ');
}

/** How marks of plots look, with the colours that `colour` gives by name. */
export function plotStyle(colour: (name: string) => string): string {
  const series = LIGHT.series.map((_, i) => `.s${i} { fill: ${colour(`s${i}`)}; }`);
  return [
    `text { font: 12px system-ui, sans-serif; fill: ${colour('ink')}; }`,
    `.soft { fill: ${colour('soft')}; }`,
    '.small { font-size: 11px; }',
    '.strong { font-weight: 600; }',
    `.grid { stroke: ${colour('grid')}; fill: none; }`,
    `.axis { stroke: ${colour('soft')}; fill: none; }`,
    `.line { stroke: ${colour('ink')}; fill: none; stroke-width: 1.6; }`,
    '.dashed { stroke-dasharray: 5 4; }',
    `.limit { stroke: ${colour('accent')}; fill: none; stroke-width: 1.6; }`,
    `.ring { fill: none; stroke: ${colour('accent')}; stroke-width: 2.2; }`,
    `.track { fill: ${colour('grid')}; }`,
    `.hollow { fill: ${colour('ground')}; stroke: ${colour('ink')}; stroke-width: 1.4; }`,
    ...series,
  ].join('\n');
}

/** The plot as it stands in the page, which has the styles. */
export function inlineSvg(chart: Chart): Markup {
  const { id, width, height, title, summary, body } = chart;
  return element(
    'svg',
    {
      ...{ viewBox: `0 0 ${width} ${height}`, role: 'group', class: 'chart' },
      ...{ 'aria-label': `${title}. ${summary}`, id: `chart-${id}` },
    },
    body,
  );
}

const LEGEND_ROW = 20;

/** The plot as a file of its own: with title, legend, ground and styles. */
export function standaloneSvg(chart: Chart): Markup {
  const { width, title, summary, body, legend } = chart;
  const colours = { ...LIGHT, series: undefined };
  const colour = (name: string) => {
    const series = /^s(\d+)$/.exec(name)?.[1];
    if (series !== undefined) return LIGHT.series[Number(series)] as string;
    return String(colours[name as 'ink']);
  };
  const entries = legendRows(legend, width);
  const top = 40 + entries.length * LEGEND_ROW;
  const height = chart.height + top;
  return `${element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}` },
      ...{ width, height, role: 'img' },
    },
    element('title', {}, escaped(title)),
    element('desc', {}, escaped(summary)),
    element('style', {}, plotStyle(colour)),
    element('rect', { width, height, fill: LIGHT.ground }),
    element('text', { x: 16, y: 26, style: 'font-size: 16px; font-weight: 600' }, escaped(title)),
    ...entries.flatMap((row, n) =>
      row.map(({ name, className, x }) => {
        const y = 40 + n * LEGEND_ROW;
        return [
          element('rect', { x, y, width: 11, height: 11, class: className }),
          element('text', { x: x + 16, y: y + 10 }, escaped(name)),
        ].join('');
      }),
    ),
    element('g', { transform: `translate(0 ${top})` }, body),
  )}\n`;
}

function legendRows(legend: readonly LegendEntry[], width: number) {
  const rows: (LegendEntry & { x: number })[][] = [];
  let x = width;
  for (const entry of legend) {
    const need = 32 + entry.name.length * 6.8;
    if (x + need > width) {
      rows.push([]);
      x = 16;
    }
    rows.at(-1)?.push({ ...entry, x });
    x += need;
  }
  return rows;
}

/** Comma-separated values (RFC 4180), numbers in full. */
export function csv({ columns, rows }: DataTable): string {
  const field = (value: string | number) => {
    const words = String(value);
    return /[",\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
  };
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
