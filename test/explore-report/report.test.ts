import { describe, expect, it, test } from 'vitest';
import { achievedOf } from '../../src/explore/report/achieved.ts';
import { csv } from '../../src/explore/report/chart.ts';
import { groupLayers } from '../../src/explore/report/describe.ts';
import { reportFiles } from '../../src/explore/report/index.ts';
import { placeLabels } from '../../src/explore/report/labels.ts';
import { element, escaped } from '../../src/explore/report/svg.ts';
import { smallModel } from '../quantize/models.ts';
import { reportFixture } from './fixture.ts';

const input = reportFixture({
  model: { ...smallModel({ depth: 3 }), name: 'small' },
  ...{ board: 'kv260', targetFps: null, weightBits: [8, 4] },
  tiles: [
    [1, 4, 4],
    [2, 8, 8],
  ],
});
const files = reportFiles(input, 'own');
const contentOf = (path: string) => {
  const file = files.find((f) => f.path === path);
  if (!file) throw new Error(`no ${path}`);
  return file.content;
};
const plots = ['front', 'front-resources', 'roofline', 'cycles', 'resources'];

/** Whether every element of a text is closed in turn; attributes are quoted, text is escaped. */
function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  const tags = /<(\/?)([a-zA-Z][\w-]*)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/g;
  const rest = xml.replace(tags, (_, close: string, name: string, __: string, empty: string) => {
    if (close) return open.pop() === name ? '' : '<';
    if (!empty) open.push(name);
    return '';
  });
  return open.length === 0 && !rest.includes('<');
}

describe('a report', () => {
  it('is a page, and an SVG file and a CSV file for each plot', () => {
    const beside = plots.flatMap((id) => [`own-${id}.svg`, `own-${id}.csv`]);
    expect(files.map(({ path }) => path)).toEqual(['own.html', ...beside]);
  });

  it('is the same each time', () => {
    expect(reportFiles(input, 'own')).toEqual(files);
  });

  it('fetches nothing and holds what it links to', () => {
    const page = contentOf('own.html');
    expect(page).toContain(`default-src 'none'`);
    const targets = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to = '']) => to);
    expect(targets.length).toBeGreaterThan(2 * plots.length);
    for (const to of targets) expect(to).toMatch(/^(#|data:)/);
    expect(page.replaceAll(/"data:[^"]*"/g, '')).not.toMatch(/https?:/);
    const csvLink = /href="data:text\/csv;charset=utf-8,([^"]*)" download="own-cycles.csv"/.exec(
      page,
    );
    expect(decodeURIComponent(csvLink?.[1] ?? '')).toBe(contentOf('own-cycles.csv'));
  });

  test.each(plots)('%s.svg is well formed and stands alone', (id) => {
    const svg = contentOf(`own-${id}.svg`);
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).not.toContain('NaN');
    expect(svg).not.toContain('undefined');
    expect(svg).not.toContain('var(');
  });

  it('names every operator and every layer in its data', () => {
    const roofline = contentOf('own-roofline.csv');
    for (const name of [
      'patches',
      'QKV',
      'QKᵀ',
      'softmax',
      'AV',
      'projection',
      'FC1',
      'GELU',
      'FC2',
    ]) {
      expect(roofline).toMatch(new RegExp(`^${name},`, 'm'));
    }
    const cycles = contentOf('own-cycles.csv').trim().split('\r\n').slice(1);
    const sum = cycles.reduce((all, row) => all + Number(row.split(',')[1]), 0);
    expect(sum).toBe(input.result.answer?.details.losses.perFrame);
    const [, ...parts] = contentOf('own-resources.csv').trim().split('\r\n');
    const lut = parts.map((row) => Number(row.split(',')[1]));
    const [board = 0, engine = 0, ...modules] = lut.reverse();
    expect(modules.reduce((a, b) => a + b)).toBe(engine);
    expect(board).toBe(117_120);
  });

  it('says what was asked, what came of it, and what binds', () => {
    const missed = reportFiles({
      ...input,
      result: { ...input.result, targetFps: 1e9, reached: false },
    })[0]?.content;
    expect(missed).toMatch(/The target of 1,000,000,000 is not met: .+ at most\. What binds is /);
    expect(contentOf('own.html')).toMatch(/Up to .+ frames per second\. What binds is /);
  });

  it('is written for a search that found nothing, too', () => {
    const result = { ...input.result, answer: null, front: [], reached: false };
    const [page, ...others] = reportFiles({ ...input, result, planFile: undefined });
    expect(page?.content).toContain('Nothing fits');
    expect(others.map(({ path }) => path)).toEqual(['report-roofline.svg', 'report-roofline.csv']);
  });

  it('draws plans without a known accuracy by what binds', () => {
    const front = input.result.front.map((plan) => ({
      ...plan,
      evaluation: { ...plan.evaluation, accuracy: null },
    }));
    const all = reportFiles({ ...input, result: { ...input.result, front } }, 'own');
    const svg = all.find(({ path }) => path === 'own-front.svg')?.content ?? '';
    expect(svg).toContain('largest share');
    expect(svg.match(/<circle/g)?.length).toBeGreaterThanOrEqual(front.length);
  });
});

describe('parts of a report', () => {
  test('what the array achieves counts every operation of a product once', () => {
    const { losses } = input.result.answer?.details ?? { losses: null };
    if (!losses) throw new Error('no answer');
    const achieved = achievedOf(input.operators, losses, 200);
    const products = input.operators.filter((o) => o.products > 0);
    expect([...achieved.keys()].toSorted()).toEqual(products.map((o) => o.name).toSorted());
    // FC1 of the first block is one operation, or its halves.
    const own = losses.operations.filter((o) => o.name.startsWith('block0.mlp.linear0'));
    const cycles = own.reduce((sum, o) => sum + o.cycles, 0);
    const count = own.reduce((sum, o) => sum + o.products, 0);
    expect(achieved.get('block0.mlp.linear0')).toBeCloseTo((2 * count * 200e6) / cycles, 3);
    expect(count).toBe(products.find((o) => o.name === 'block0.mlp.linear0')?.products);
  });

  test('layers of equal cycles and losses are one group', () => {
    const layer = (name: string, cycles: number) => ({
      ...{ name, cycles, products: 1, useful: 1 },
      lost: { padding: cycles - 1 },
    });
    const names = ['block0.mlp', 'block1.mlp', 'block2.mlp', 'block4.mlp'];
    const groups = groupLayers([
      layer('head', 9),
      ...names.map((n) => layer(n, 9)),
      layer('norm', 3),
    ]);
    expect(groups.map(({ name, count }) => [name, count])).toEqual([
      ['head', 1],
      ['block0..2,4.mlp, each', 4],
      ['norm', 1],
    ]);
  });

  test('labels overlap neither each other nor points', () => {
    const points = Array.from({ length: 12 }, (_, i) => ({ x: 100 + 7 * i, y: 100, words: 'QKV' }));
    const frame = { left: 0, right: 300, top: 0, bottom: 200 };
    const placed = placeLabels(points, [], frame);
    expect(placed.length).toBeGreaterThan(2);
    const boxes = placed.map(({ labelX, labelY, anchor }) => {
      const width = 3 * 12 * 0.56;
      const x =
        anchor === 'start' ? labelX : anchor === 'end' ? labelX - width : labelX - width / 2;
      return [x, x + width, labelY - 10, labelY + 3] as const;
    });
    boxes.forEach((a, i) => {
      for (const b of boxes.slice(i + 1)) {
        expect(a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3]).toBe(false);
      }
    });
  });

  test('CSV fields are quoted where they must be', () => {
    const table = { columns: ['a', 'b'], rows: [['x, "y"', 0.1]] };
    expect(csv(table)).toBe('a,b\r\n"x, ""y""",0.1\r\n');
  });

  test('text is escaped', () => {
    expect(element('text', { x: 1.005, y: undefined, title: '"<' }, escaped('a < b & c'))).toBe(
      '<text x="1" title="&quot;&lt;">a &lt; b &amp; c</text>',
    );
  });
});
