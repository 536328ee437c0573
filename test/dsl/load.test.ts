import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic, formatPlace } from '../../src/diagnostics/index.ts';
import { loadDesign } from '../../src/dsl/load.ts';
import { codesOf, faultsOf, source, write } from './support.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('loading a design', () => {
  test('outside of any project, with nothing installed beside it', async () => {
    const file = write({ 'my.vit.ts': source() });
    const { design, folder, file: name } = await loadDesign(file);
    expect(path.join(folder, name)).toBe(file);
    expect(design.name).toBe('little');
    expect(design.model.branches.map((b) => b.name)).toEqual([
      'block0.attention',
      'block0.mlp',
      'block1.attention',
      'block1.mlp',
    ]);
    expect(Object.isFrozen(design.model.branches[0])).toBe(true);
  });

  test.each(['module', 'commonjs'])(
    'in a package of type %s, with imports of its own',
    async (type) => {
      const file = write({
        'my.vit.ts': source({ model: 'model(2)' }).replace(
          'export',
          `import { model } from './lib/model';\nexport`,
        ),
        'lib/model.ts': `import { vit } from 'vitrum';
export const model = (heads: number) =>
  vit({ image: 8, channels: 1, patch: 4, width: 8, depth: 1, heads, classes: 3 });
`,
        'package.json': JSON.stringify({ type }),
      });
      const { design } = await loadDesign(file);
      expect(formatPlace(design.model.place ?? fail())).toBe('lib/model.ts:3:3');
      expect(formatPlace(design.places['model.heads'] ?? fail())).toBe('lib/model.ts:3:62');
      expect(formatPlace(design.places.model ?? fail())).toBe('my.vit.ts:5:3');
    },
  );

  test('twice gives what the file says at the time', async () => {
    const file = write({ 'my.vit.ts': source() });
    const first = await loadDesign(file);
    expect(await loadDesign(file)).toEqual(first);
  });

  test('a relative path is taken from the current folder', async () => {
    const { folder } = await loadDesign(
      path.relative(process.cwd(), write({ 'a.vit.ts': source() })),
    );
    expect(path.isAbsolute(folder)).toBe(true);
  });

  test('in the process of the command line, where tsx is registered for all', () => {
    const file = write({ 'my.vit.ts': source({ model: 'vit({ heads: 1 })' }) });
    const program = `
      (await import('tsx/esm/api')).register();
      const { loadDesign } = await import('./src/dsl/load.ts');
      const { design } = await loadDesign('examples/tiny/tiny.vit.ts');
      console.log(design.name, design.places['target.board'].line > 1);
      await loadDesign(process.argv[1]).catch((e) => console.log(e.diagnostics.map((d) => d.code).join()));`;
    const args = ['--input-type=module', '--eval', program, file];
    const output = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect(output).toBe('tiny true\nVT105,VT105,VT105,VT105,VT105\n');
  });
});

describe('places', () => {
  const placesOf = async (file: string) => {
    const { design } = await loadDesign(file);
    const places = Object.entries(design.places).map(([key, p]) => [key, formatPlace(p)]);
    return { design, places: Object.fromEntries(places) as Record<string, string> };
  };

  test('of settings, by dotted path', async () => {
    const target = `{ board: 'kv260', fps: 10,
    tile: { inputs: 4, outputs: 2, 'vector': 2 } }`;
    const { design, places } = await placesOf(write({ 'my.vit.ts': source({ target }) }));
    expect(formatPlace(design.place ?? fail())).toBe('my.vit.ts:2:16');
    expect(formatPlace(design.model.place ?? fail())).toBe('my.vit.ts:4:10');
    expect(places).toMatchObject({
      name: 'my.vit.ts:3:3',
      model: 'my.vit.ts:4:3',
      'model.image': 'my.vit.ts:4:16',
      'model.patch': 'my.vit.ts:4:39',
      'weights.seed': 'my.vit.ts:5:21',
      'quant.activations': 'my.vit.ts:6:37',
      'calibration.count': 'my.vit.ts:7:24',
      target: 'my.vit.ts:8:3',
      'target.board': 'my.vit.ts:8:13',
      'target.tile.outputs': 'my.vit.ts:9:24',
      'target.tile.vector': 'my.vit.ts:9:36',
    });
  });

  test('of settings that stand in constants, spreads and shorthands', async () => {
    const text = `import { deit, design, noise, quant, random } from 'vitrum';
interface Unused {
  readonly a: number;
}
const base = { weights: random({ seed: 1 }), quant: quant.minmax({ weights: 8, activations: 8 }) };
const tile = { inputs: 4, outputs: 4 } as const;
const fps: number = 3;
export default design({
  ...base,
  name: 'spread',
  model: deit
    .tiny({ classes: 10 }),
  calibration: noise({ count: 1, seed: 1 }),
  target: { board: 'kv260', fps, tile },
});
`;
    const { design, places } = await placesOf(write({ 'my.vit.ts': text }));
    expect(formatPlace(design.model.place ?? fail())).toBe('my.vit.ts:11:10');
    expect(places).toMatchObject({
      quant: 'my.vit.ts:5:46',
      'quant.weights': 'my.vit.ts:5:68',
      'model.classes': 'my.vit.ts:12:13',
      'target.fps': 'my.vit.ts:14:29',
      'target.tile': 'my.vit.ts:14:34',
      'target.tile.inputs': 'my.vit.ts:6:16',
    });
  });

  test('of blocks built in loops and by helpers of other files', async () => {
    const text = `import { attention, design, encoder, layerNorm, noise, quant, random, residual } from 'vitrum';
import { mlp } from '../common/mlp.ts';
const blocks = [];
for (let i = 0; i < 2; i++) {
  blocks.push(
    residual(layerNorm(), attention({ heads: 2 })), mlp(16));
}
export default design({
  name: 'loop',
  model: encoder({ image: 8, patch: 4, width: 8, classes: 3 }, blocks),
  weights: random({ seed: 1 }),
  quant: quant.minmax({ weights: 8, activations: 8 }),
  calibration: noise({ count: 1, seed: 1 }),
  target: { board: 'kv260' },
});
`;
    const helper = `import { layerNorm, linear, relu, residual } from 'vitrum';

export function mlp(hidden: number) {
  return residual(layerNorm(), linear(hidden), relu(), linear(8));
}
`;
    const { design } = await placesOf(write({ 'a/my.vit.ts': text, 'common/mlp.ts': helper }));
    expect(design.model.branches.map((b) => `${b.name} ${formatPlace(b.place ?? fail())}`)).toEqual(
      [
        'block0.attention my.vit.ts:6:5',
        'block0.mlp ../common/mlp.ts:4:10',
        'block1.attention my.vit.ts:6:5',
        'block1.mlp ../common/mlp.ts:4:10',
      ],
    );
  });

  test('no absolute path stands in a design', async () => {
    const { design, folder } = await loadDesign(write({ 'my.vit.ts': source() }));
    expect(JSON.stringify(design)).not.toContain(folder);
  });
});

describe('files that are no design', () => {
  test('a missing file, a folder, another language', async () => {
    expect(await codesOf('/nowhere/my.vit.ts')).toEqual(['VT120']);
    expect(await codesOf(path.dirname(write({ 'a.ts': '' })))).toEqual(['VT120']);
    expect(await codesOf(write({ 'my.vit.js': 'export default 1;' }))).toEqual(['VT121']);
  });

  test('syntax errors, all with their places', async () => {
    const file = write({ 'my.vit.ts': `const a = ;\n\nexport default design({ name: 'x' ;\n` });
    const faults = await faultsOf(file);
    expect(faults.length).toBeGreaterThanOrEqual(2);
    expect(faults.map((d) => d.code)).toEqual(faults.map(() => 'VT122'));
    expect(formatDiagnostic(faults[0] ?? fail())).toBe(
      'VT122 my.vit.ts:1:11: Expression expected.',
    );
    expect(faults.map((d) => d.place?.line)).toContain(3);
  });

  test('a syntax error in an imported file', async () => {
    const text = `import { a } from './lib/a.ts';\nexport default a;\n`;
    const file = write({
      'my.vit.ts': text,
      'lib/a.ts': `export const b = 1;\nexport const a = +;\n`,
    });
    expect(await codesOf(file)).toEqual(['VT122 lib/a.ts:2:19']);
  });

  test('no default export, or another', async () => {
    expect(await codesOf(write({ 'my.vit.ts': 'export const a = 1;\n' }))).toEqual([
      'VT124 my.vit.ts',
    ]);
    const model = `import { deit } from 'vitrum';\nexport default deit.tiny();\n`;
    const [fault] = await faultsOf(write({ 'my.vit.ts': model }));
    expect(fault?.message).toBe('The default export is the result of deit.tiny(), not a design.');
  });

  test('an exception of its own, at the line that threw', async () => {
    const text = `interface A {\n  a: number;\n}\nconst a: A | undefined = JSON.parse('null');\n\nexport default a.a;\n`;
    const [fault] = await faultsOf(write({ 'my.vit.ts': text }));
    expect(fault?.code).toBe('VT123');
    expect(formatPlace(fault?.place ?? fail())).toBe('my.vit.ts:6:18');
    expect(fault?.message).toBe(
      "The design threw TypeError: Cannot read properties of null (reading 'a').",
    );
  });

  test('something else than an error thrown', async () => {
    const [fault] = await faultsOf(write({ 'my.vit.ts': `throw 'enough';\n` }));
    expect(fault).toMatchObject({ code: 'VT123', message: 'The design threw "enough".' });
  });

  test('imports that lead nowhere', async () => {
    const missing = `import { design } from 'vitrum';\nimport { b } from './blocks.ts';\nexport default design(b);\n`;
    const file = write({ 'my.vit.ts': missing });
    const [fault] = await faultsOf(file);
    expect(formatDiagnostic(fault ?? fail())).toBe(
      "VT125 my.vit.ts:2:19: my.vit.ts imports './blocks.ts', which does not exist. A file is imported with its ending: ./blocks.ts.",
    );
    const bare = `import { a } from 'not-installed-anywhere';\nexport default a;\n`;
    expect(await codesOf(write({ 'my.vit.ts': bare }))).toEqual(['VT125 my.vit.ts:1:19']);
    const name = `import {\n  vit, desing } from 'vitrum';\nexport default desing(vit);\n`;
    expect(await codesOf(write({ 'my.vit.ts': name }))).toEqual(['VT125 my.vit.ts:2:8']);
  });

  test('no diagnostic shows a stack', async () => {
    const [fault] = await faultsOf(write({ 'my.vit.ts': `throw new Error('a\\nb');\n` }));
    expect(fault?.message).toBe('The design threw Error: a.');
  });
});

function fail(): never {
  throw new Error('there is no place');
}
