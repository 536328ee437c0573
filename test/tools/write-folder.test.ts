import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import { writeFolder } from '../../src/emit/write-folder.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'vitrum-out-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const marker = { path: 'vitrum.json', content: '{}' };

function codeOf(run: () => void): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof DiagnosticsError) return error.diagnostics[0]?.code;
    throw error;
  }
  return undefined;
}

describe('writeFolder', () => {
  test('writes text and bytes, and leaves nothing beside the folder', () => {
    const out = join(base, 'a/b');
    writeFolder(out, [
      marker,
      { path: 'rtl/top.v', content: 'module top;\n' },
      { path: 'mem/x.bin', content: Uint8Array.of(1, 2, 255) },
    ]);
    expect(readFileSync(join(out, 'rtl/top.v'), 'utf8')).toBe('module top;\n');
    expect([...readFileSync(join(out, 'mem/x.bin'))]).toEqual([1, 2, 255]);
    expect(readdirSync(join(base, 'a'))).toEqual(['b']);
  });

  test('replaces a folder that it made, files of the old one included', () => {
    const out = join(base, 'out');
    writeFolder(out, [marker, { path: 'old.v', content: '' }]);
    writeFolder(out, [marker, { path: 'new.v', content: '' }]);
    expect(readdirSync(out).sort()).toEqual(['new.v', 'vitrum.json']);
    expect(readdirSync(base)).toEqual(['out']);
  });

  test('accepts an empty folder', () => {
    mkdirSync(join(base, 'out'));
    writeFolder(join(base, 'out'), [marker]);
    expect(readdirSync(join(base, 'out'))).toEqual(['vitrum.json']);
  });

  test('does not touch a folder or a file that is not its own', () => {
    const out = join(base, 'out');
    mkdirSync(out);
    writeFileSync(join(out, 'thesis.txt'), 'years of work');
    expect(codeOf(() => writeFolder(out, [marker]))).toBe('VT502');
    expect(readdirSync(out)).toEqual(['thesis.txt']);
    expect(codeOf(() => writeFolder(join(out, 'thesis.txt'), [marker]))).toBe('VT502');
    expect(readFileSync(join(out, 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  test('a place that cannot be written is a diagnostic', () => {
    writeFileSync(join(base, 'file'), '');
    expect(codeOf(() => writeFolder(join(base, 'file/out'), [marker]))).toBe('VT501');
  });

  test('a failure in the middle leaves the old folder and nothing else', () => {
    const out = join(base, 'out');
    writeFolder(out, [marker, { path: 'old.v', content: 'old' }]);
    // A file where a folder is needed fails after other files are written.
    const clash = [marker, { path: 'a', content: '' }, { path: 'a/b', content: '' }];
    expect(codeOf(() => writeFolder(out, clash))).toBe('VT501');
    expect(readFileSync(join(out, 'old.v'), 'utf8')).toBe('old');
    expect(readdirSync(base)).toEqual(['out']);
    expect(codeOf(() => writeFolder(join(base, 'fresh'), clash))).toBe('VT501');
    expect(existsSync(join(base, 'fresh'))).toBe(false);
  });

  test('paths that leave the folder, occur twice, or no marker are internal faults', () => {
    const out = join(base, 'out');
    const file = (path: string) => [marker, { path, content: '' }];
    expect(() => writeFolder(out, file('../x'))).toThrow('not a plain path');
    expect(() => writeFolder(out, file('/x'))).toThrow('not a plain path');
    expect(() => writeFolder(out, [...file('x'), ...file('x')])).toThrow('occurs twice');
    expect(() => writeFolder(out, [{ path: 'x', content: '' }])).toThrow('no vitrum.json');
    expect(readdirSync(base)).toEqual([]);
  });
});
