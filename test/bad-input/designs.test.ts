import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { formatPlace } from '../../src/diagnostics/index.ts';
import { source } from '../dsl/support.ts';
import { brokenWeights, goodWeights } from './files.ts';
import { contents, folderWith, vitrum } from './harness.ts';

vi.setConfig({ testTimeout: 60_000 });

/** What has to be told: code, place, and parts of the sentence and of the hint. */
interface Told {
  readonly code: string;
  /** `line:column` in the design; absent where there is none. */
  readonly at?: string;
  readonly says: string;
  readonly hint?: string;
}

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly told: readonly Told[];
}

const vit = (more = '') =>
  `vit({ image: 8, channels: 1, patch: 4, width: 8, depth: 1, heads: 2, mlp: 16, classes: 3${more} })`;
const board = `{ board: 'ulx3s-85f' }`;
/** A legal design with one setting changed; the value of `model` begins in line 4, column 10. */
const design = (change: Parameters<typeof source>[0] = {}) => ({
  'my.vit.ts': source({ model: vit(), target: board, ...change }),
});
const withWeights = (bytes?: Uint8Array) => ({
  ...design({ weights: `'./my.onnx'` }),
  ...(bytes ? { 'my.onnx': bytes } : {}),
});

const cases: Case[] = [
  {
    name: 'a head count that does not divide the width',
    files: design({ model: vit(', heads: 3').replace('heads: 2, ', '') }),
    told: [
      {
        code: 'VT101',
        at: '4:90',
        says: '3 heads do not divide the width 8',
        hint: '1, 2, 4 and 8',
      },
    ],
  },
  {
    name: 'no blocks',
    files: design({ model: vit().replace('depth: 1', 'depth: 0') }),
    told: [{ code: 'VT110', at: '4:59', says: '0 blocks', hint: '1 to 64' }],
  },
  {
    name: '17-bit weights',
    files: design({ quant: 'quant.minmax({ weights: 17, activations: 8 })' }),
    told: [{ code: 'VT106', at: '6:25', says: '17 bits', hint: '2 to 8' }],
  },
  {
    name: 'a patch that does not divide the image',
    files: design({ model: vit().replace('patch: 4', 'patch: 3') }),
    told: [
      { code: 'VT102', at: '4:39', says: 'patch 3 does not divide the image side 8', hint: '4' },
    ],
  },
  {
    name: 'a setting of the wrong type',
    files: design({ model: vit().replace('width: 8', "width: '8'") }),
    told: [{ code: 'VT103', at: '4:49', says: 'width is "8"', hint: 'whole number' }],
  },
  {
    name: 'an unknown setting',
    files: design({ wieghts: '3' }),
    told: [{ code: 'VT104', at: '9:3', says: 'no setting wieghts', hint: 'weights' }],
  },
  {
    name: 'a setting left out',
    files: design({ quant: undefined }),
    told: [{ code: 'VT105', at: '2:16', says: 'lacks the setting quant' }],
  },
  {
    name: 'a mean for channels that the image does not have',
    files: design({ model: vit(', mean: [0, 0, 0]') }),
    told: [{ code: 'VT107', at: '4:100', says: 'mean has 3 values for 1 channel', hint: '1' }],
  },
  {
    name: 'a tile of which no side divides the other',
    files: design({ target: `{ board: 'ulx3s-85f', tile: { inputs: 4, outputs: 6 } }` }),
    told: [{ code: 'VT108', at: '8:52', says: '4 inputs and 6 outputs', hint: '4 and 8' }],
  },
  {
    name: 'a name that is no name',
    files: design({ name: `'../tiny'` }),
    told: [{ code: 'VT109', at: '3:3', says: 'name is "../tiny"', hint: 'letters' }],
  },
  {
    name: 'a syntax error',
    files: design({ quant: 'quant.minmax({ weights: 4' }),
    told: [
      { code: 'VT122', at: '9:3', says: "',' expected" },
      { code: 'VT122', at: '10:1', says: "'}' expected" },
    ],
  },
  {
    name: 'a design that throws',
    files: {
      'my.vit.ts': `function f(): never {\n  throw new RangeError('no luck');\n}\nexport default f();\n`,
    },
    told: [{ code: 'VT123', at: '2:9', says: 'threw RangeError: no luck' }],
  },
  {
    name: 'no default export',
    files: { 'my.vit.ts': `import { design } from 'vitrum';\nexport const made = design;\n` },
    told: [{ code: 'VT124', says: 'no default export', hint: 'export default design(' }],
  },
  {
    name: 'a default export that is no design',
    files: { 'my.vit.ts': 'export default 42;\n' },
    told: [{ code: 'VT124', says: '42', hint: 'export default design(' }],
  },
  {
    name: 'an import that leads nowhere',
    files: { 'my.vit.ts': `import { x } from './blocks.ts';\nexport default x;\n` },
    told: [{ code: 'VT125', at: '1:19', says: './blocks.ts', hint: 'ending' }],
  },
  {
    name: 'a missing weights file',
    files: withWeights(),
    told: [{ code: 'VT201', at: '5:3', says: "'./my.onnx' does not exist", hint: 'ONNX' }],
  },
  {
    name: 'a truncated ONNX file',
    files: withWeights(goodWeights().slice(0, 3000)),
    told: [{ code: 'VT202', at: '5:3', says: '3000 bytes', hint: 'again' }],
  },
  {
    name: 'nodes that are not supported, all of them',
    files: withWeights(brokenWeights('nodes')),
    told: [
      { code: 'VT205', at: '5:3', says: 'LSTM' },
      { code: 'VT205', at: '5:3', says: 'NonMaxSuppression' },
    ],
  },
  {
    name: 'NaN weights',
    files: withWeights(brokenWeights('nan')),
    told: [{ code: 'VT206', at: '5:3', says: '1 of the 24 values', hint: 'converged' }],
  },
  {
    name: 'weights of another model',
    files: { ...withWeights(goodWeights()), ...wider() },
    told: [
      { code: 'VT211', at: '5:3', says: 'a width of 8, but the design has 16', hint: 'weights' },
      { code: 'VT211', at: '5:3', says: 'linear layers of 16 gelu, 8' },
    ],
  },
  {
    name: 'weights that are no ONNX file',
    files: design({ weights: `'./my.bin'` }),
    told: [{ code: 'VT114', at: '5:3', says: 'weights is "./my.bin"', hint: '.onnx' }],
  },
  {
    name: 'images of the wrong size',
    files: design({ calibration: 'mnist({ count: 4 })' }),
    told: [{ code: 'VT220', at: '7:3', says: 'images of 28x28x1', hint: '8x8x1' }],
  },
  {
    name: 'more images than there are',
    files: design({
      model: vit().replace('image: 8', 'image: 28'),
      calibration: 'mnist({ count: 10000 })',
    }),
    told: [{ code: 'VT221', at: '7:3', says: '10000 images', hint: '1 to 7497' }],
  },
  {
    name: 'an unknown board',
    files: design({ target: `{ board: 'icebraker' }` }),
    told: [{ code: 'VT401', at: '8:13', says: '"icebraker"', hint: 'Did you mean icebreaker?' }],
  },
  {
    name: 'a board that is too small',
    files: design({ target: `{ board: 'icebreaker' }` }),
    told: [{ code: 'VT411', at: '8:13', says: 'fits icebreaker', hint: 'larger board' }],
  },
  {
    name: 'weights that are larger than the memory of the board',
    files: design({
      model: vit().replace('width: 8', 'width: 1024'),
      target: `{ board: 'icebreaker' }`,
    }),
    told: [{ code: 'VT414', at: '8:13', says: 'kbit', hint: 'on chip' }],
  },
  {
    name: 'a frame rate out of reach',
    files: design({ target: `{ board: 'ulx3s-85f', fps: 9000000 }` }),
    told: [{ code: 'VT412', at: '8:33', says: '9000000 frames per second', hint: 'At most' }],
  },
  {
    name: 'a tile that does not fit the board',
    files: design({
      target: `{ board: 'ulx3s-85f', tile: { inputs: 64, outputs: 64 } }`,
    }),
    told: [{ code: 'VT413', at: '8:33', says: 'tile 1 x 64 x 64', hint: 'smaller tile' }],
  },
  {
    name: 'several faults at once',
    files: design({ name: `'module'`, target: `{ board: 'ulx3s-85f', fps: -1 }` }),
    told: [
      { code: 'VT109', at: '3:3', says: '"module"' },
      { code: 'VT103', at: '8:33', says: 'fps is -1', hint: 'above 0' },
    ],
  },
];

/** A design of twice the width that the weights have. */
function wider() {
  return design({ weights: `'./my.onnx'`, model: vit().replace('width: 8', 'width: 16') });
}

describe('vitrum build refuses', () => {
  test.each(cases)('$name', async ({ files, told }) => {
    const folder = folderWith(files);
    const before = contents(folder);
    const file = path.join(folder, 'my.vit.ts');
    const answer = await vitrum('build', file, '--out', path.join(folder, 'out'));
    expectFaults(answer.diagnostics, told);
    expect(answer.code).toBe(2);
    for (const { code, message } of answer.diagnostics) {
      expect(answer.stderr).toContain(code);
      expect(answer.stderr).toContain(message);
    }
    // No stack and no path of this machine, and nothing written, not even beside the folder.
    expect(answer.stderr).not.toMatch(/\n {4}at |Internal error/);
    expect(answer.diagnostics.map((d) => d.message).join()).not.toContain(folder);
    expect(contents(folder)).toEqual(before);
  });
});

function expectFaults(
  diagnostics: Awaited<ReturnType<typeof vitrum>>['diagnostics'],
  told: readonly Told[],
): void {
  const found = diagnostics.map(
    (d) => `${d.code} ${d.place ? formatPlace(d.place) : ''} ${d.message} ${d.hint ?? ''}`,
  );
  expect(found).toHaveLength(told.length);
  told.forEach(({ code, at, says, hint }, i) => {
    const place = at === undefined ? '' : `my.vit.ts:${at}`;
    expect(found[i]).toContain(`${code} ${place} `);
    const { message = '', hint: given = '' } = diagnostics[i] ?? {};
    expect(message).toContain(says);
    expect(given).toContain(hint ?? '');
    // One sentence, beginning with a value or a word and ending with a full stop.
    expect(message).toMatch(/^\S.*[^.]\.$/s);
    expect(message).not.toContain('\n');
  });
}

test('the design that the cases change is legal', async () => {
  const folder = folderWith({ ...design({ weights: `'./my.onnx'` }), 'my.onnx': goodWeights() });
  const file = path.join(folder, 'my.vit.ts');
  const { code, stderr } = await vitrum('build', file, '--out', path.join(folder, 'out'));
  expect(stderr).not.toContain('VT');
  expect(code).toBe(0);
  expect(Object.keys(contents(folder))).toContain(path.join('out', 'vitrum.json'));
});
