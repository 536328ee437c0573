import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type IntegerArray, writeNpy, writeNpz } from '../../src/arrays/index.ts';
import { check } from '../../src/check/index.ts';
import { DiagnosticsError, formatPlace } from '../../src/diagnostics/index.ts';
import { goldenResult, runGolden } from '../../src/golden/index.ts';
import { importManifest } from '../../src/import/index.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrum-manifest-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

const arrays = new Map<string, IntegerArray>([
  ['head.weight', { shape: [3, 2], data: Int8Array.of(1, 0, 0, 1, -1, -1) }],
  ['head.flat', { shape: [6], data: Int8Array.of(1, 0, 0, 1, -1, -1) }],
  ['head.bias', { shape: [3], data: Int32Array.of(0, 10, 20) }],
  ['wide', { shape: [3], data: Float64Array.of(0, 2 ** 31, 0) }],
]);

const input = {
  format: 'int8',
  scale: 0.01,
  image: { height: 1, width: 2, channels: 1 },
  patch: 1,
  mean: [0.5],
  std: [0.5],
};
const embedding = {
  kind: 'patchEmbedding',
  name: 'embedding',
  format: 'int10',
  input: 'input',
  channels: 2,
  weight: [3, -4],
  weightFormat: 'int3',
  offset: [0, 0, 5, 5],
};
const pool = {
  kind: 'meanPool',
  name: 'pool',
  format: 'int10',
  input: 'embedding',
  multiplier: 1,
  shift: 1,
};
const head = {
  kind: 'linear',
  name: 'logits',
  format: 'int10',
  input: 'pool',
  outputs: 3,
  weight: 'tensors.npz#head.weight',
  weightFormat: 'int3',
  bias: 'tensors.npz#head.bias',
};
const manifest = { format: 'vitrum-manifest', version: 1, input, nodes: [embedding, pool, head] };

/** Imports a manifest, an object or the text of the file. */
function imported(content: object | string, files: Record<string, Uint8Array> = {}): IntegerGraph {
  const folder = mkdtempSync(join(root, `${folders++}-`));
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
  writeFileSync(join(folder, 'm.json'), text);
  writeFileSync(join(folder, 'tensors.npz'), writeNpz(arrays));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return importManifest({ file: 'm.json' }, 'small', folder);
}

/** `CODE path` of every fault, or nothing. */
function faults(content: object | string, files: Record<string, Uint8Array> = {}): string[] {
  try {
    imported(content, files);
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    return error.diagnostics.map((d) => `${d.code} ${d.subject}`);
  }
  return [];
}

const withHead = (change: object) => ({
  ...manifest,
  nodes: [embedding, pool, { ...head, ...change }],
});
const withInput = (change: object) => ({ ...manifest, input: { ...input, ...change } });
const without = (node: Record<string, unknown>, field: string) =>
  Object.fromEntries(Object.entries(node).filter(([key]) => key !== field));

describe('a manifest', () => {
  it('becomes a legal graph with what is absent filled in', () => {
    const graph = imported(manifest);
    expect(() => check(graph)).not.toThrow();
    expect(graph.input.tensor).toEqual({
      name: 'input',
      shape: [2, 1],
      format: { kind: 'uniform', bits: 8, signed: true },
      scale: 0.01,
    });
    const [first, , last] = graph.nodes;
    expect(first).toMatchObject({
      leading: 0,
      leadingRows: 'precede',
      offsetTo: 'output',
      multiplier: Int32Array.of(1, 1),
      output: { shape: [2, 2], scale: 1 },
      path: 'embedding.weight',
    });
    expect(last).toMatchObject({
      epilogue: { low: -512, high: 511, shift: 0, table: null, residual: null },
      output: { shape: [1, 3] },
    });
  });

  it('computes what it says', () => {
    // Codes 10 and 20: rows [30, -40] and [60 + 5, -80 + 5]; mean rounded half up [48, -57].
    const graph = imported(manifest);
    const result = goldenResult(graph, runGolden(graph, Int32Array.of(10, 20)));
    expect([...result]).toEqual([48, -57 + 10, 9 + 20]);
    const groups = { size: 1, factors: [2, 3, 4, 6, 3, 2] };
    const grouped = imported(withHead({ groups }));
    const scaled = goldenResult(grouped, runGolden(grouped, Int32Array.of(10, 20)));
    expect([...scaled]).toEqual([2 * 48, -6 * 57 + 10, -3 * 48 + 2 * 57 + 20]);
  });

  it('wants a factor for every group', () => {
    const groups = { size: 1, factors: [2, 3, 4] };
    expect(faults(withHead({ groups }))).toEqual(['VT235 nodes[2].groups.factors']);
  });

  it('joins rows, and leaves rows before the first out of the mean', () => {
    // Rows [30, -40] and [65, -75], as above.
    const joined = { ...head, input: 'embedding', join: 2, outputs: 1, bias: 0 };
    const one = { ...joined, weight: [1, 0, -1, 1] };
    const graph = imported({ ...manifest, nodes: [embedding, one] });
    expect([...goldenResult(graph, runGolden(graph, Int32Array.of(10, 20)))]).toEqual([-110]);
    expect(() => check(graph)).not.toThrow();
    const last = { ...pool, firstRow: 1, shift: 0 };
    const pooled = imported({ ...manifest, nodes: [embedding, last, { ...head, bias: 0 }] });
    const result = goldenResult(pooled, runGolden(pooled, Int32Array.of(10, 20)));
    expect([...result]).toEqual([65, -75, 10]);
    const odd = imported({
      ...manifest,
      nodes: [embedding, { ...one, join: 3, weight: [1, 0, 0, 0, 0, 0] }],
    });
    expect(() => check(odd)).toThrow(/VT352 .*2 rows are not joined 3 by 3/);
    const none = imported({ ...manifest, nodes: [embedding, { ...pool, firstRow: 2 }, head] });
    expect(() => check(none)).toThrow(/VT352 .*the first row/);
  });

  it('takes flat tensors, lists and npy files for the same tensor', () => {
    const file = { 'w.npy': writeNpy(arrays.get('head.weight') as IntegerArray) };
    const weights = ['tensors.npz#head.flat', [1, 0, 0, 1, -1, -1], 'w.npy'];
    for (const weight of weights) {
      expect(imported(withHead({ weight }), file).nodes[2]).toMatchObject({
        weight: Int32Array.of(1, 0, 0, 1, -1, -1),
      });
    }
  });

  it('gives each node its place in the manifest', () => {
    const place = imported(manifest).nodes[1]?.place;
    const lines = JSON.stringify(manifest, null, 2).split('\n');
    const line = lines.findIndex((text) => text.includes('"meanPool"'));
    expect(place && formatPlace(place)).toBe(`m.json:${line}:5`);
  });

  it('bounds the index of a table by its length', () => {
    const table = { table: [-1, 0, 1, 2], shift: 2 };
    expect(imported(withHead(table)).nodes[2]).toMatchObject({ epilogue: { low: 0, high: 3 } });
    const from = { ...table, low: -2 };
    expect(imported(withHead(from)).nodes[2]).toMatchObject({ epilogue: { low: -2, high: 1 } });
  });

  it('is what docs/manifest.md shows', () => {
    const page = readFileSync(new URL('../../docs/manifest.md', import.meta.url), 'utf8');
    const example = page.match(/```json\n([^`]*)```/)?.[1] ?? '';
    expect(() => check(imported(example))).not.toThrow();
  });
});

describe('faults of the form of a manifest', () => {
  const cases: readonly [string, object | string, readonly string[]][] = [
    ['text', 'format: vitrum', ['VT231 m.json']],
    ['a list', '[]', ['VT232 ']],
    ['another format', { ...manifest, format: 'onnx' }, ['VT232 format']],
    ['a later version', { ...manifest, version: 2 }, ['VT232 version']],
    ['no node', { ...manifest, nodes: [] }, ['VT232 nodes']],
    ['an unknown field', { ...manifest, weights: 1 }, ['VT232 weights']],
    [
      'an unknown node',
      { ...manifest, nodes: [{ ...pool, kind: 'conv' }] },
      ['VT232 nodes[0].kind'],
    ],
    [
      'a field that is missing, one that is unknown and two that are wrong',
      {
        ...manifest,
        nodes: [
          without(embedding, 'weight'),
          { ...pool, shfit: 1 },
          { ...head, outputs: 0, bias: 0.5 },
        ],
      },
      [
        'VT232 nodes[0].weight',
        'VT232 nodes[1].shfit',
        'VT232 nodes[2].outputs',
        'VT232 nodes[2].bias',
      ],
    ],
    [
      'a format that is none',
      withHead({ weightFormat: 'float16' }),
      ['VT232 nodes[2].weightFormat'],
    ],
    ['a name with a slash', withHead({ name: '../logits' }), ['VT232 nodes[2].name']],
    ['a file outside', withHead({ weight: '../x.npz#a' }), ['VT232 nodes[2].weight']],
    ['an absolute file', withHead({ weight: '/x.npz#a' }), ['VT232 nodes[2].weight']],
    ['an archive without a name', withHead({ weight: 'x.npz' }), ['VT232 nodes[2].weight']],
    ['another ending', withHead({ weight: 'x.pth#a' }), ['VT232 nodes[2].weight']],
    ['a residual without input', withHead({ residual: {} }), ['VT232 nodes[2].residual.input']],
    [
      'an image without height',
      withInput({ image: { width: 2 } }),
      ['VT232 input.image.height', 'VT232 input.image.channels'],
    ],
    ['a std of 0', withInput({ std: [0] }), ['VT232 input.std[0]']],
    ['an absurd axis', withHead({ outputs: 1e15 }), ['VT232 nodes[2].outputs']],
  ];

  it.each(cases)('finds %s', (_, content, expected) => {
    expect(faults(content)).toEqual(expected);
  });

  it('says line, column, value and what is legal', () => {
    const text = JSON.stringify(withHead({ outputs: -3 }), null, 2);
    const line = text.split('\n').findIndex((l) => l.includes('"outputs"')) + 1;
    expect(() => imported(text)).toThrow(
      `VT232 m.json:${line}:7: nodes[2].outputs: it is -3. Legal is an integer from 1 to 65536.`,
    );
  });

  it('says what to do for a manifest that is not there', () => {
    const source = { file: 'none.json', whenMissing: 'Run convert.ts.' };
    const place = { file: 'my.vit.ts', line: 3, column: 5 };
    expect(() => importManifest(source, 'small', root, place)).toThrow(
      "VT201 my.vit.ts:3:5: The manifest 'none.json' does not exist or cannot be read. Run convert.ts.",
    );
  });

  it('ends on nesting without bound', () => {
    const deep = `${'[{"a":'.repeat(20000)}1${'}]'.repeat(20000)}`;
    expect(faults(deep)).toEqual(['VT232 ']);
    expect(faults({ ...manifest, description: deep })).toEqual([]);
  });
});

describe('faults of tensors and names', () => {
  const cases: readonly [string, object, readonly string[]][] = [
    [
      'a file that is missing, once',
      withHead({ weight: 'no.npz#a', bias: 'no.npz#b' }),
      ['VT233 nodes[2].bias'],
    ],
    ['a damaged file', withHead({ weight: 'bad.npz#a' }), ['VT233 nodes[2].weight']],
    ['a damaged array', withHead({ weight: 'bad.npy' }), ['VT233 nodes[2].weight']],
    [
      'a missing tensor',
      withHead({ weight: 'tensors.npz#tail.weight' }),
      ['VT234 nodes[2].weight'],
    ],
    ['another shape', withHead({ outputs: 2 }), ['VT235 nodes[2].weight', 'VT235 nodes[2].bias']],
    ['a list of another length', withHead({ bias: [1, 2] }), ['VT235 nodes[2].bias']],
    [
      'a table of two axes',
      withHead({ table: 'tensors.npz#head.weight' }),
      ['VT235 nodes[2].table'],
    ],
    ['elements beyond 32 bits', withHead({ bias: 'tensors.npz#wide' }), ['VT236 nodes[2].bias']],
    ['one value beyond 32 bits', withHead({ bias: 2 ** 40 }), ['VT236 nodes[2].bias']],
    ['an unknown input', withHead({ input: 'pol' }), ['VT237 nodes[2].input']],
    [
      'an unknown residual',
      withHead({ residual: { input: 'skip' } }),
      ['VT237 nodes[2].residual.input'],
    ],
    [
      'nodes out of order',
      { ...manifest, nodes: [pool, embedding, head] },
      ['VT237 nodes[0].input'],
    ],
    [
      'a softmax of two axes',
      {
        ...manifest,
        nodes: [
          embedding,
          {
            ...{ kind: 'softmax', name: 'p', format: 'uint3', input: 'embedding' },
            ...{ expBias: 0, expShift: 0, expTable: [1] },
            one: { indexBias: 0, indexShift: 0, table: [1], bias: 0, shift: 0 },
            two: { indexBias: 0, indexShift: 0, table: [1], bias: 0, shift: 0 },
          },
        ],
      },
      ['VT237 nodes[1].input'],
    ],
    [
      'one path for two nodes',
      {
        ...manifest,
        nodes: [
          embedding,
          { ...head, input: 'embedding', name: 'a', path: 'w' },
          { ...head, input: 'embedding', path: 'w' },
        ],
      },
      ['VT232 nodes[2]'],
    ],
    ['an image that patches do not tile', withInput({ patch: 2 }), ['VT232 input.patch']],
  ];
  const files = {
    'bad.npz': new TextEncoder().encode('no archive'),
    'bad.npy': new TextEncoder().encode('no array'),
  };

  it.each(cases)('finds %s', (_, content, expected) => {
    expect(faults(content, files)).toEqual(expected);
  });

  it('finds those of several nodes at once', () => {
    const nodes = [
      { ...embedding, offset: [0] },
      pool,
      { ...head, weight: 'tensors.npz#x', bias: [1] },
    ];
    expect(faults({ ...manifest, nodes })).toEqual([
      'VT235 nodes[0].offset',
      'VT234 nodes[2].weight',
      'VT235 nodes[2].bias',
    ]);
  });

  it('leaves ranges to the check stage, which names the place too', () => {
    const graph = imported(withHead({ shift: 48, weight: [9, 0, 0, 0, 0, 0] }));
    expect(() => check(graph)).toThrow(/VT358 m\.json:\d+:5: logits: weight .*\nVT355 m\.json/);
  });
});
