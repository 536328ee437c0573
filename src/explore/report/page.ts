import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { render } from '../../emit/templates.ts';
import { version } from '../../version.ts';
import { type Chart, csv, inlineSvg, plotStyle, standaloneSvg, themeProperties } from './chart.ts';
import { planName, planTile } from './describe.ts';
import { short, whole } from './numbers.ts';
import type { Fact, ReportInput } from './report-input.ts';
import { element, escaped, type Markup } from './svg.ts';
import { countsOf, planFacts, type Tile, tilesOf, verdictOf } from './words.ts';

/** Names of the files beside the page begin with the page's own. */
export interface PageOptions {
  /** `report`, for files `report-front.svg` and so on. */
  readonly stem: string;
}

/** The whole page: styles, script, plots and data are inside, and nothing is fetched. */
export function page(input: ReportInput, charts: readonly Chart[], { stem }: PageOptions): string {
  const { result, planFile } = input;
  return render('report/report.html', {
    title: escaped(`${result.design} on ${result.board.title}`),
    version: escaped(version),
    style: [
      `:root { ${themeProperties('light')} }`,
      `@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${themeProperties('dark')} } }`,
      `:root[data-theme="dark"] { ${themeProperties('dark')} }`,
      `@media print { :root, :root:not([data-theme="light"]), :root[data-theme="dark"] { ${themeProperties('light')} } }`,
      plotStyle((name) => `var(--${name})`)
        .split('\n')
        .map((rule) => `.plot ${rule}`)
        .join('\n'),
      part('report.css'),
    ].join('\n'),
    script: part('report.js'),
    verdict: escaped(verdictOf(input)),
    verdictClass: result.answer && result.reached ? 'good' : 'bad',
    tiles: tilesOf(input).map(factTile).join('\n'),
    plan: definitionList(planFacts(input)),
    planFile: planFile === undefined ? '' : planBlock(planFile, stem),
    charts: charts.map((chart) => section(chart, stem)).join('\n'),
    alternatives: alternativesOf(input),
    counts: escaped(countsOf(input)),
  });
}

function part(name: string): string {
  const path = fileURLToPath(new URL(`../../../templates/report/${name}`, import.meta.url));
  return readFileSync(path, 'utf8');
}

function factTile({ name, value, over }: Tile): Markup {
  return element(
    'div',
    { class: over ? 'tile over' : 'tile' },
    element('span', { class: 'value' }, escaped(value)),
    element('span', { class: 'name' }, escaped(name)),
  );
}

function definitionList(facts: readonly Fact[]): Markup {
  if (facts.length === 0) return '';
  const pairs = facts.map(
    ({ name, value }) => element('dt', {}, escaped(name)) + element('dd', {}, escaped(value)),
  );
  return element('dl', {}, ...pairs);
}

function planBlock(planFile: string, stem: string): Markup {
  return element(
    'details',
    { class: 'data' },
    element('summary', {}, 'plan.json'),
    element('p', {}, download(`${stem}-plan.json`, 'application/json', planFile, 'Download')),
    element('pre', { tabindex: '0' }, escaped(planFile)),
  );
}

function alternativesOf({ result: { alternatives } }: ReportInput): Markup {
  if (alternatives.length === 0) return '';
  const rows = alternatives.map(({ kind, plan }) => [
    ...[kind, plan.point.board, planName(plan), planTile(plan)],
    ...[short(plan.evaluation.framesPerSecond), `${short(plan.evaluation.latencyMs)} ms`],
  ]);
  const columns = ['other', 'board', 'bits', 'tile', 'frames per second', 'latency'];
  return element(
    'section',
    { 'aria-labelledby': 'alternatives' },
    element('h2', { id: 'alternatives' }, 'What would reach the target'),
    element('div', { class: 'scroll', tabindex: '0' }, tableOf({ columns, rows })),
  );
}

function section(chart: Chart, stem: string): Markup {
  const { id, title, summary, legend, data } = chart;
  const swatches = legend.map(({ name, className }) => {
    const swatch = element(
      'svg',
      { viewBox: '0 0 11 11', 'aria-hidden': 'true' },
      element('rect', { width: 11, height: 11, class: className }),
    );
    return element('li', {}, swatch, escaped(name));
  });
  return element(
    'section',
    { 'aria-labelledby': `title-${id}` },
    element('h2', { id: `title-${id}` }, escaped(title)),
    element('p', {}, escaped(summary)),
    swatches.length > 0 ? element('ul', { class: 'legend plot' }, ...swatches) : '',
    element('div', { class: 'plot scroll' }, inlineSvg(chart)),
    element(
      'div',
      { class: 'files' },
      download(`${stem}-${id}.svg`, 'image/svg+xml', standaloneSvg(chart), 'SVG'),
      download(`${stem}-${id}.csv`, 'text/csv', csv(data), 'CSV'),
    ),
    element(
      'details',
      { class: 'data' },
      element('summary', {}, `Data: ${data.rows.length} rows`),
      element('div', { class: 'scroll', tabindex: '0' }, tableOf(data, 'short')),
    ),
  );
}

/** A link to a file that the page holds itself. */
function download(name: string, type: string, content: string, words: string): Markup {
  const href = `data:${type};charset=utf-8,${encodeURIComponent(content)}`;
  return element('a', { href, download: name, 'aria-label': `${words}: ${name}` }, escaped(words));
}

function tableOf(
  { columns, rows }: Chart['data'],
  numbers: 'short' | undefined = undefined,
): Markup {
  const cell = (value: string | number) => {
    if (typeof value === 'string') return element('td', {}, escaped(value));
    return element('td', { class: 'number' }, escaped(numbers ? readable(value) : String(value)));
  };
  const head = columns.map((name) => element('th', { scope: 'col' }, escaped(name)));
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell)))),
  );
}

function readable(value: number): string {
  return Number.isInteger(value) ? whole(value) : short(value);
}
