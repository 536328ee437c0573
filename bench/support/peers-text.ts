import { percent, table, thousands } from '../../src/cli/text.ts';
import { peerEngines, peerUnits, peerUtilizations } from '../peers.ts';
import { type AreaFigures, type EngineFigures, type LaneCells, perLane } from './engine-figures.ts';

/** An engine of ours, as far as it was measured. */
export interface Subject {
  readonly name: string;
  readonly figures: EngineFigures;
  readonly area: AreaFigures | null;
}

/** Ours beside what others published, and beside what was measured on their RTL. */
export function comparisonText(subjects: readonly Subject[]): string {
  return [
    'engines (ours at 300 MHz)',
    engineRows(subjects),
    'units, for each product, or element, of a cycle',
    unitRows(subjects),
    'utilization of arrays in single jobs, measured on their RTL',
    table(
      peerUtilizations.map((p) => [`  ${p.name}`, percent(p.utilization), p.job, p.note ?? '']),
      [1],
    ),
    'sources: bench/peers.ts',
  ].join('\n');
}

const shown = (value: number | null | undefined, digits: number) =>
  value === null || value === undefined ? '' : value.toFixed(digits);

function engineRows(subjects: readonly Subject[]): string {
  const head = ['', 'model', 'bits', 'MHz', 'fps', 'GOPS', 'util', 'kLUT', 'DSP'];
  const ours = subjects.map(({ name, figures, area }) => [
    `  Vitrum ${name}`,
    '',
    figures.operandBits.join('x'),
    '300',
    ...[shown(figures.framesPerSecond, 1), shown(figures.gops, 1), percent(figures.utilization)],
    area ? ((area.whole.lut + area.whole.lutram) / 1000).toFixed(1) : '',
    area ? thousands(area.whole.dsp) : '',
    shown(area?.gopsPerDsp, 2),
    shown(area?.gopsPerKLut, 2),
    area ? '' : 'planned, not synthesized',
  ]);
  const theirs = peerEngines.map((p) => [
    `  ${p.name}`,
    ...[p.model, p.bits, shown(p.clockMHz, 0), shown(p.framesPerSecond, 1), shown(p.gops, 1)],
    p.utilization === undefined ? '' : percent(p.utilization),
    ...[shown(p.kLut, 1), shown(p.dsp, 0), shown(p.gopsPerDsp, 2), shown(p.gopsPerKLut, 2)],
    `${p.evidence}${p.note === undefined ? '' : `; ${p.note}`}`,
  ]);
  const rows = [[...head, 'GOPS/DSP', 'GOPS/kLUT', ''], ...ours, ...theirs];
  return table(rows, [3, 4, 5, 6, 7, 8, 9, 10]);
}

function unitRows(subjects: readonly Subject[]): string {
  const rows: string[][] = [['', '', 'LUT', 'LUTRAM', 'FF', 'DSP', 'BRAM36', '']];
  const add = (unit: string, name: string, cells: LaneCells, what: string) =>
    rows.push([
      ...[`  ${unit}`, name, shown(cells.lut, 1), shown(cells.lutram, 1), shown(cells.ff, 1)],
      ...[shown(cells.dsp, 2), shown(cells.bram36, 2), what],
    ]);
  for (const unit of ['array', 'softmax', 'layerNorm', 'gelu'] as const) {
    for (const { name, figures, area } of subjects) {
      const cells = area?.perLane[unit];
      if (!cells) continue;
      const [from, to] = unit === 'array' ? figures.operandBits : figures.unitBits[unit];
      const bits = unit === 'array' ? `${from} x ${to} bits` : `${from} bits in, ${to} bits out`;
      const more = unit === 'gelu' ? ', requantization and skip connection inside' : '';
      add(unit, `Vitrum ${name}`, cells, `${bits}${more}`);
    }
    for (const peer of peerUnits) {
      if (peer.unit === unit) add(unit, peer.name, perLane(peer.lanes, peer), peer.configuration);
    }
  }
  return table(rows, [2, 3, 4, 5, 6]);
}
