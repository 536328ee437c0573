import { expect, test } from 'vitest';
import { lossText } from '../../src/cli/losses.ts';
import { causes, type LayerLosses, type LossReport } from '../../src/plan/index.ts';

function layer(name: string, lost: LayerLosses['lost'] = { padding: 10 }): LayerLosses {
  const cycles = Object.values(lost).reduce((sum, n) => sum + n, 90);
  return { name, cycles, products: 90, useful: 90, lost };
}

function report(layers: readonly LayerLosses[]): LossReport {
  const lost: Record<string, number> = {};
  for (const cause of causes) {
    const cycles = layers.reduce((sum, l) => sum + (l.lost[cause] ?? 0), 0);
    if (cycles > 0) lost[cause] = cycles;
  }
  const sum = (of: (l: LayerLosses) => number) => layers.reduce((all, l) => all + of(l), 0);
  const [perFrame, useful] = [sum((l) => l.cycles), sum((l) => l.useful)];
  return { perFrame, useful, lost, layers, operations: [] };
}

test('causes come largest first, with their share of the frame', () => {
  const text = lossText(report([layer('head', { padding: 1, waitForSoftmax: 9 })]));
  const [, ...lines] = text.split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '  useful products      90  90.0 %',
    '  waiting for softmax   9   9.0 %',
    '  edges of tiles        1   1.0 %',
  ]);
});

test('equal layers become one row, and others keep their own', () => {
  const text = lossText(
    report([
      layer('embedding', {}),
      ...[0, 1, 2].flatMap((i) => [
        layer(`block${i}.attention`, i === 0 ? { waitForLayerNorm: 5 } : { padding: 10 }),
        layer(`block${i}.mlp`, { weights: 7 }),
      ]),
      layer('head'),
    ]),
  );
  const names = text
    .slice(text.indexOf('by layer'))
    .split('\n')
    .slice(2)
    .map((line) => line.trim().split('  ')[0]);
  expect(names).toEqual([
    ...['embedding', 'block0.attention', 'block0..2.mlp, each'],
    ...['block1..2.attention, each', 'head'],
  ]);
});

test('a layer without losses names no cause', () => {
  expect(lossText(report([layer('head', {})]))).toMatch(/head +90 +100\.0 % +0$/);
});
