import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { groupOf, partition, unitRoots } from '../../src/synth/units/groups.ts';
import { canonicalRtlil, parseRtlil } from '../../src/synth/units/rtlil.ts';

const library = fileURLToPath(new URL('../../templates/rtl/', import.meta.url));
const templates = fileURLToPath(new URL('../../templates/verilog/', import.meta.url));
const libraryModules = readdirSync(library)
  .filter((file) => file.endsWith('.v'))
  .map((file) => file.slice(0, -2));

/** Names of the library's modules that a source instantiates. */
function instancesIn(source: string): string[] {
  const found = [...source.matchAll(/^\s*(vt_\w+)\s+(?:#\(|u_)/gm)].map(([, name]) => name ?? '');
  return [...new Set(found)];
}

/** A template with the sections that it includes. */
const sourceOf = (name: string) =>
  readdirSync(templates)
    .filter((file) => file.startsWith(name))
    .map((file) => readFileSync(`${templates}${file}`, 'utf8'))
    .join('');

const childrenOf = (name: string) =>
  instancesIn(readFileSync(`${library}${name}.v`, 'utf8')).filter((child) => child !== name);

describe('groups of the engine', () => {
  test('a module that stands in core or top itself has a group other than their wiring', () => {
    for (const file of ['core', 'top']) {
      const inside = instancesIn(sourceOf(file));
      expect(inside.length).toBeGreaterThan(0);
      for (const name of inside)
        expect([name, groupOf(name, `x_${file}`)]).not.toContain(undefined);
    }
  });

  test('every unit is a module of the library', () => {
    expect(libraryModules).toEqual(expect.arrayContaining(Object.keys(unitRoots)));
  });

  test('every module of the library is a unit or inside one, and inside units of few groups', () => {
    const groups = new Map<string, Set<string>>();
    const visit = (name: string, group: string) => {
      const known = groups.get(name) ?? new Set();
      groups.set(name, known.add(group));
      for (const child of childrenOf(name)) visit(child, groupOf(child, name) ?? group);
    };
    for (const file of ['core', 'top']) {
      for (const name of instancesIn(sourceOf(file))) {
        visit(name, groupOf(name, `x_${file}`) ?? 'none');
      }
    }
    expect([...groups.keys()].sort()).toEqual([...libraryModules].sort());
    for (const name of Object.keys(unitRoots))
      expect([...(groups.get(name) ?? [])]).toHaveLength(1);
    for (const name of libraryModules.filter((m) => /^vt_(mac|dot|dsp|product)_/.test(m))) {
      expect([name, ...(groups.get(name) ?? [])]).toEqual([name, 'array']);
    }
  });
});

/** A module in RTLIL with ports and instances. */
function module(id: string, children: readonly string[], attribute = ''): string {
  const cells = children.map((child, i) => `  cell ${child} \\u${i}\n    connect \\a \\a\n  end\n`);
  return `attribute \\src "rtl/a.v:1.1-2.2"\n${attribute}module ${id}\n  wire width 2 input 1 \\a\n  wire \\inner\n${cells.join('')}end\n`;
}

describe('partition', () => {
  const text = [
    module('\\t_top', ['\\t_core']),
    module('\\t_core', ['$paramod$1\\vt_softmax', '$paramod$2\\vt_ram', '$paramod$2\\vt_ram']),
    module('$paramod$1\\vt_softmax', ['$paramod$2\\vt_ram', '\\vt_delay', '\\vt_delay', '\\LUT6']),
    module('$paramod$2\\vt_ram', ['\\vt_delay']),
    module('\\vt_delay', []),
    module('\\LUT6', [], 'attribute \\blackbox 1\n'),
  ].join('');
  const modules = parseRtlil(text);
  const units = partition(modules, '\\t_top');

  test('finds instances and leaves black boxes out', () => {
    expect([...modules.keys()]).not.toContain('\\LUT6');
    expect([...(modules.get('$paramod$1\\vt_softmax')?.children ?? [])]).toEqual([
      ['$paramod$2\\vt_ram', 1],
      ['\\vt_delay', 2],
    ]);
    expect(modules.get('\\vt_delay')?.stub).toBe(
      'attribute \\blackbox 1\nmodule \\vt_delay\n  wire width 2 input 1 \\a\nend\n',
    );
  });

  test('a memory counts where it stands: in the core as memory, in a unit as part of it', () => {
    const rows = units.map(({ root, group, instances, modules: m, boxes }) => [
      root.name,
      group,
      instances,
      m.map(({ name }) => name),
      boxes.map(({ name }) => name),
    ]);
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(
      expect.arrayContaining([
        ['t_top', 'wiring', 1, ['t_top'], ['t_core']],
        ['t_core', 'wiring', 1, ['t_core'], ['vt_softmax', 'vt_ram']],
        ['vt_softmax', 'softmax', 1, ['vt_softmax', 'vt_ram', 'vt_delay'], []],
        ['vt_ram', 'memories', 2, ['vt_ram', 'vt_delay'], []],
      ]),
    );
  });

  test('running numbers do not make modules differ, anything else does', () => {
    const a = canonicalRtlil('cell $dff $procdff$17\n wire $3 $17 \\PRIORITY 17');
    expect(canonicalRtlil('cell $dff $procdff$99\n wire $7 $99 \\PRIORITY 99')).toBe(a);
    expect(canonicalRtlil('cell $dff $procdff$99\n wire $99 $7 \\PRIORITY 99')).not.toBe(a);
  });
});
