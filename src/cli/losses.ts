import { type Cause, causeNames, type LayerLosses, type LossReport } from '../plan/index.ts';
import { percent, table, thousands } from './text.ts';

/** Cycles of a frame by cause, and by layer with the largest cause of each. */
export function lossText(report: LossReport): string {
  const { perFrame, useful, layers } = report;
  const parts: readonly (readonly [string, number])[] = [
    ['useful products', useful],
    ...largestFirst(report).map(([cause, n]) => [causeNames[cause], n] as const),
  ];
  const byCause = parts.map(([name, n]) => [`  ${name}`, thousands(n), percent(n / perFrame)]);
  const byLayer = collapse(layers).map(({ name, layer }) => {
    const lost = layer.cycles - layer.useful;
    const [cause] = largestFirst(layer)[0] ?? [];
    return [
      `  ${name}`,
      thousands(layer.cycles),
      percent(layer.useful / layer.cycles),
      thousands(lost),
      cause === undefined ? '' : `${causeNames[cause]} ${thousands(layer.lost[cause] ?? 0)}`,
    ];
  });
  return [
    'cycles of a frame',
    table(byCause, [1, 2]),
    'by layer',
    table([['', 'cycles', 'useful', 'lost', 'most of it'], ...byLayer], [1, 2, 3]),
  ].join('\n');
}

function largestFirst({ lost }: Pick<LayerLosses, 'lost'>): (readonly [Cause, number])[] {
  const entries = Object.entries(lost) as [Cause, number][];
  return entries.sort(([, a], [, b]) => b - a);
}

/** The number in a layer's name, and what is around it. */
const NUMBERED = /^(?<before>\D*)(?<number>\d+)(?<after>.*)$/;

interface Row {
  readonly name: string;
  readonly layer: LayerLosses;
}

/** Layers that differ by consecutive numbers only become one row, `block1..10.attention (each)`. */
function collapse(layers: readonly LayerLosses[]): Row[] {
  const runs: { key: string; before: string; after: string; from: number; to: number }[] = [];
  const rows: { run: (typeof runs)[number] | null; layer: LayerLosses }[] = [];
  for (const layer of layers) {
    const { before, number, after } = NUMBERED.exec(layer.name)?.groups ?? {};
    if (before === undefined || number === undefined || after === undefined) {
      rows.push({ run: null, layer });
      continue;
    }
    const { name: _, ...figures } = layer;
    const key = JSON.stringify([before, after, figures]);
    const run = runs.find((r) => r.key === key && r.to === Number(number) - 1);
    if (run) {
      run.to++;
    } else {
      const begun = { key, before, after, from: Number(number), to: Number(number) };
      runs.push(begun);
      rows.push({ run: begun, layer });
    }
  }
  return rows.map(({ run, layer }) => {
    const several = run !== null && run.to > run.from;
    const name = several ? `${run.before}${run.from}..${run.to}${run.after}, each` : layer.name;
    return { name, layer };
  });
}
