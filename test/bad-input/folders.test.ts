import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { source } from '../dsl/support.ts';
import { type Answer, contents, folderWith, vitrum } from './harness.ts';

vi.setConfig({ testTimeout: 60_000 });

const model =
  'vit({ image: 8, channels: 1, patch: 4, width: 8, depth: 1, heads: 2, mlp: 16, classes: 3 })';
const legal = { 'my.vit.ts': source({ model, target: `{ board: 'ulx3s-85f' }` }) };

function expectRefusal(answer: Answer, code: string, says: string, hint: string): void {
  expect(answer.diagnostics.map((d) => d.code)).toEqual([code]);
  const [{ message = '', hint: given = '', subject = '' } = {}] = answer.diagnostics;
  expect(`${subject} ${message}`).toContain(says);
  expect(given).toContain(hint);
  expect(answer.code).toBe(2);
  expect(answer.stderr).not.toMatch(/\n {4}at |Internal error/);
}

describe('the output folder', () => {
  test('that cannot be written', async () => {
    const folder = folderWith({ ...legal, file: 'a file, not a folder' });
    const before = contents(folder);
    const out = path.join(folder, 'file', 'out');
    const answer = await vitrum('build', path.join(folder, 'my.vit.ts'), '--out', out);
    expectRefusal(answer, 'VT501', out, '--out');
    expect(contents(folder)).toEqual(before);
  });

  test('that is a file', async () => {
    const folder = folderWith({ ...legal, out: 'a file, not a folder' });
    const before = contents(folder);
    const out = path.join(folder, 'out');
    const answer = await vitrum('build', path.join(folder, 'my.vit.ts'), '--out', out);
    expectRefusal(answer, 'VT502', 'is a file', 'empty folder');
    expect(contents(folder)).toEqual(before);
  });

  test('that Vitrum did not make', async () => {
    const folder = folderWith({ ...legal, 'out/thesis.tex': 'ten years of work' });
    const before = contents(folder);
    const out = path.join(folder, 'out');
    const answer = await vitrum('build', path.join(folder, 'my.vit.ts'), '--out', out);
    expectRefusal(answer, 'VT502', 'holds files that Vitrum did not make', 'empty folder');
    expect(contents(folder)).toEqual(before);
  });

  test('of an earlier build stays whole when the next build is refused', async () => {
    const folder = folderWith(legal);
    const file = path.join(folder, 'my.vit.ts');
    const out = path.join(folder, 'out');
    expect((await vitrum('build', file, '--out', out)).code).toBe(0);
    const before = contents(out);
    writeFileSync(file, source({ model: model.replace('heads: 2', 'heads: 3') }));
    expect((await vitrum('build', file, '--out', out)).code).toBe(2);
    expect(contents(out)).toEqual(before);
  });
});

describe('a design', () => {
  test.each(['nowhere.vit.ts', 'folder.vit.ts'])('that is no file: %s', async (name) => {
    const folder = folderWith({ 'folder.vit.ts/a': '' });
    const answer = await vitrum('build', path.join(folder, name));
    expectRefusal(answer, 'VT120', name, 'my.vit.ts');
  });

  test('that is no TypeScript', async () => {
    const folder = folderWith({ 'design.json': '{}' });
    const answer = await vitrum('build', path.join(folder, 'design.json'));
    expectRefusal(answer, 'VT121', 'design.json', 'TypeScript');
  });
});

describe.each(['sim', 'synth'])('%s of a folder', (command) => {
  /** A build folder with one file changed, removed or added. */
  async function built(change: Readonly<Record<string, string>>): Promise<string> {
    const folder = folderWith(legal);
    const out = path.join(folder, 'out');
    const { code } = await vitrum('build', path.join(folder, 'my.vit.ts'), '--out', out);
    expect(code).toBe(0);
    for (const [name, text] of Object.entries(change)) writeFileSync(path.join(out, name), text);
    return out;
  }

  test('that does not exist', async () => {
    const answer = await vitrum(command, path.join(folderWith({}), 'nothing'));
    expectRefusal(answer, 'VT503', 'has no vitrum.json', 'vitrum build');
  });

  test('that is no build', async () => {
    const folder = folderWith({ 'notes.txt': 'not a build' });
    const answer = await vitrum(command, folder);
    expectRefusal(answer, 'VT503', 'has no vitrum.json', 'vitrum build');
    expect(Object.keys(contents(folder))).toEqual(['notes.txt']);
  });

  test.each([
    { name: 'cut off', text: '{ "vitrum": "0.1.0", "desi' },
    { name: 'empty', text: '' },
    { name: 'of another kind', text: '{"name": "package", "version": "1.0.0"}' },
  ])('whose vitrum.json is $name', async ({ text }) => {
    const answer = await vitrum(command, await built({ 'vitrum.json': text }));
    expectRefusal(answer, 'VT504', 'vitrum.json', 'Build the design again');
  });
});

describe('sim of a folder', () => {
  test.each([
    { name: 'cut off', text: '{"name": "my", "input"' },
    { name: 'empty', text: '' },
    { name: 'of another kind', text: '{"nodes": [], "input": {}}' },
    { name: 'without nodes', text: '[1, 2, 3]' },
  ])('whose graph.json is $name', async ({ text }) => {
    const folder = folderWith(legal);
    const out = path.join(folder, 'out');
    await vitrum('build', path.join(folder, 'my.vit.ts'), '--out', out);
    writeFileSync(path.join(out, 'graph.json'), text);
    expectRefusal(await vitrum('sim', out), 'VT504', 'graph.json', 'Build the design again');
  });

  test('of which a file is missing', async () => {
    const folder = folderWith(legal);
    const out = path.join(folder, 'out');
    await vitrum('build', path.join(folder, 'my.vit.ts'), '--out', out);
    const copy = path.join(folder, 'copy');
    mkdirSync(copy);
    for (const name of ['vitrum.json', 'graph.json']) {
      writeFileSync(path.join(copy, name), contents(out)[name] ?? '');
    }
    const answer = await vitrum('sim', copy);
    expectRefusal(answer, 'VT504', 'rtl/', 'Build the design again');
  });
});

describe('the command line', () => {
  test.each([
    { args: ['build'], says: 'missing required argument' },
    { args: ['build', 'a.vit.ts', '--output', 'x'], says: "unknown option '--output'" },
    { args: ['biuld', 'a.vit.ts'], says: "unknown command 'biuld'" },
    { args: ['sim', 'a.vit.ts', '--images', '0'], says: 'whole number of at least 1' },
    { args: ['sim', 'a.vit.ts', '--images', 'ten'], says: 'whole number of at least 1' },
    { args: ['sim', 'a.vit.ts', '--seed', '-1'], says: 'whole number of at least 0' },
  ])('$args', async ({ args, says }) => {
    const answer = await vitrum(...args);
    expect(answer.code).toBe(2);
    expect(answer.diagnostics).toMatchObject([{ code: 'VT001' }]);
    expect(answer.stderr).toContain(says);
    expect(answer.stderr).not.toMatch(/\n {4}at |Internal error/);
  });
});
