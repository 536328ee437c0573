/** Counts of equal bins over `min .. max`. */
export interface Histogram {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
}

const COLUMNS = 3;
const CELL = { width: 300, height: 150, plot: 92, left: 14, top: 26 };
const HEAD = 40;

/** Histograms side by side, their counts on a logarithmic scale, as an SVG file. */
export function histogramSvg(title: string, histograms: readonly Histogram[]): string {
  const rows = Math.ceil(histograms.length / COLUMNS);
  const width = COLUMNS * CELL.width;
  const height = HEAD + rows * CELL.height;
  const cells = histograms.map((histogram, i) => {
    const x = (i % COLUMNS) * CELL.width;
    const y = HEAD + Math.floor(i / COLUMNS) * CELL.height;
    return `<g transform="translate(${x} ${y})">\n${cell(histogram)}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${CELL.left}" y="24" font-size="15">${escaped(title)}</text>`,
    ...cells,
    '</svg>',
    '',
  ].join('\n');
}

function cell({ name, min, max, counts }: Histogram): string {
  const peak = Math.log10(1 + counts.reduce((a, b) => Math.max(a, b), 1));
  const span = CELL.width - 2 * CELL.left;
  const bottom = CELL.top + CELL.plot;
  const bar = span / counts.length;
  const path = counts
    .map((count, i) => {
      const height = (CELL.plot * Math.log10(1 + count)) / peak;
      return count > 0
        ? `M${at(CELL.left + i * bar)} ${bottom}v${at(-height)}h${at(bar)}v${at(height)}z`
        : '';
    })
    .join('');
  const zero = CELL.left + (span * -min) / (max - min || 1);
  const marks =
    min < 0 && max > 0
      ? [`<path d="M${at(zero)} ${CELL.top}V${bottom}" stroke="#888888" stroke-dasharray="2 2"/>`]
      : [];
  return [
    `<text x="${CELL.left}" y="18">${escaped(name)}</text>`,
    `<path d="${path}" fill="#2f6f9f"/>`,
    ...marks,
    `<path d="M${CELL.left} ${bottom}h${span}" stroke="#000000"/>`,
    `<text x="${CELL.left}" y="${bottom + 14}">${label(min)}</text>`,
    `<text x="${CELL.left + span}" y="${bottom + 14}" text-anchor="end">${label(max)}</text>`,
  ].join('\n');
}

const at = (x: number) => String(Math.round(100 * x) / 100);
const label = (x: number) => String(Number(x.toPrecision(3)));
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
