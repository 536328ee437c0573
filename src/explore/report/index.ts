import { type Chart, csv, standaloneSvg } from './chart.ts';
import { cyclesChart } from './charts/cycles.ts';
import { frontChart } from './charts/front.ts';
import { modulesChart } from './charts/modules.ts';
import { resourcesOfFront } from './charts/resources-of-front.ts';
import { rooflineChart } from './charts/roofline.ts';
import { page } from './page.ts';
import type { ReportInput } from './report-input.ts';

export { answerMachine } from './answer-machine.ts';
export { reportOf } from './explored-report.ts';
export type { Fact, ReportInput } from './report-input.ts';

/** A file of a report, named from the folder of the page. */
export interface ReportFile {
  readonly path: string;
  readonly content: string;
}

/**
 * The report of a search: one page that holds everything, and each plot as an SVG file with its data
 * as CSV beside it. The same input gives the same bytes.
 *
 * @param stem name of the page without `.html`, with which the names of the other files begin
 */
export function reportFiles(input: ReportInput, stem = 'report'): ReportFile[] {
  const charts = chartsOf(input);
  return [
    { path: `${stem}.html`, content: page(input, charts, { stem }) },
    ...charts.flatMap((chart) => [
      { path: `${stem}-${chart.id}.svg`, content: standaloneSvg(chart) },
      { path: `${stem}-${chart.id}.csv`, content: csv(chart.data) },
    ]),
  ];
}

function chartsOf(input: ReportInput): Chart[] {
  const { answer, front, board } = input.result;
  return [
    ...(front.length > 0 ? [frontChart(input), resourcesOfFront(input)] : []),
    ...(input.operators.length > 0 ? [rooflineChart(input)] : []),
    ...(answer
      ? [cyclesChart(answer.details), modulesChart(answer.details, answer.evaluation, board)]
      : []),
  ];
}
