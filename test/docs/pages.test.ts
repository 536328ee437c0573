import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { presetNames, presets } from '../../src/dsl/presets.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the manual', () => {
  const pages = [
    'README.md',
    'docs/architecture.md',
    'docs/arithmetic.md',
    'docs/manifest.md',
    'docs/quantization.md',
    'docs/import.md',
    'docs/exploration.md',
    'python/README.md',
    'examples/deit-tiny-w3a3/README.md',
    'docs/rtl.md',
    'docs/development.md',
    'CHANGELOG.md',
  ];

  it.each(pages)('%s links to files that exist', (name) => {
    const text = readFileSync(join(root, name), 'utf8');
    const folder = new URL(`../../${name}`, import.meta.url);
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
    const missing = links.filter((path) => !existsSync(fileURLToPath(new URL(path, folder))));
    expect(missing).toEqual([]);
  });

  it('docs/quantization.md lists every preset with its summary, and no other', () => {
    const text = readFileSync(join(root, 'docs/quantization.md'), 'utf8');
    const rows = [
      ...text
        .slice(text.indexOf('## Presets'), text.indexOf('## Measuring'))
        .matchAll(/^\| `([\w-]+)` +\| (.+?) +\| (.+?) +\|$/gm),
    ];
    const listed = rows.map(([, name, summary, source]) => [name, summary, source]);
    expect(listed).toEqual(
      presetNames.map((name) => [name, presets[name].summary, presets[name].source]),
    );
  });

  it('docs/rtl.md lists every library cell, and no other', () => {
    const text = readFileSync(join(root, 'docs/rtl.md'), 'utf8');
    const listed = text.split('\n').flatMap((line) => line.match(/^\| `(vt_\w+)` *\|/)?.[1] ?? []);
    const cells = readdirSync(join(root, 'templates/rtl'))
      .filter((file) => file.endsWith('.v'))
      .map((file) => file.replace('.v', ''));
    expect([...listed].sort()).toEqual(cells.sort());
  });

  it('docs/rtl.md has the register offsets of vt_registers.v', () => {
    const text = readFileSync(join(root, 'docs/rtl.md'), 'utf8');
    const verilog = readFileSync(join(root, 'templates/rtl/vt_registers.v'), 'utf8');
    const offsets = (source: string, pattern: RegExp) =>
      [...source.matchAll(pattern)].map(([, offset, name]) => `${offset} ${name}`);
    const written = offsets(verilog, /^\/\/ {3}(0x[0-9A-F]{2}) (\w+) /gm);
    expect(written.length).toBe(11);
    expect(offsets(text, /^\| (0x[0-9A-F]{2}) +\| (\w+) +\|/gm)).toEqual(written);
  });
});
