import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { emitConstraints, knownBoards, loadBoard, nearest } from '../../src/boards/index.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrum-boards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function diagnosticsOf(run: () => unknown): readonly { code: string; text: string }[] {
  try {
    run();
  } catch (error) {
    if (error instanceof DiagnosticsError) {
      return error.diagnostics.map((d) => ({ code: d.code, text: `${d.message} ${d.hint}` }));
    }
    throw error;
  }
  throw new Error('no diagnostic');
}

describe('boards', () => {
  test('the known ones', () => {
    expect(knownBoards()).toEqual([
      'arty-a7-100',
      'icebreaker',
      'kv260',
      'pynq-z2',
      'ulx3s-85f',
      'vck190',
      'zcu102',
      'zcu104',
    ]);
  });

  test.each(knownBoards())('%s is whole and its memory figures agree', (name) => {
    const board = loadBoard(name, folder);
    expect(board.name).toBe(name);
    const blocks = board.nativeMemory ?? { count: board.resources.bram36, bits: 36 * 1024 };
    expect(board.memoryBits).toBe(blocks.count * blocks.bits);
    expect(board.resources.bram36).toBeCloseTo(board.memoryBits / (36 * 1024), 2);
    expect(board.family === 'xcup' || board.resources.uram === 0).toBe(true);
    expect(board.lutInputs).toBe(board.vendor === 'amd' ? 6 : 4);
  });

  test('figures that published work relies on', () => {
    expect(loadBoard('zcu102', folder).resources).toMatchObject({ dsp: 2520, lut: 274080 });
    expect(loadBoard('pynq-z2', folder).resources).toMatchObject({ dsp: 220, bram36: 140 });
  });

  test('an unknown board lists the known ones and the nearest', () => {
    const [only] = diagnosticsOf(() => loadBoard('zcu-102', folder));
    expect(only?.code).toBe('VT401');
    expect(only?.text).toContain('"zcu-102"');
    expect(only?.text).toContain('Did you mean zcu102?');
    expect(only?.text).toContain('kv260');
  });

  test('a board file, relative to the design', () => {
    const mine = { ...loadBoard('kv260', folder), name: 'mine' };
    writeFileSync(join(folder, 'mine.json'), JSON.stringify(mine));
    expect(loadBoard('./mine.json', folder)).toEqual(mine);
  });

  test('bad board files', () => {
    expect(diagnosticsOf(() => loadBoard('./none.json', folder))[0]?.code).toBe('VT402');
    writeFileSync(join(folder, 'broken.json'), '{ "name": ');
    expect(diagnosticsOf(() => loadBoard('broken.json', folder))[0]?.code).toBe('VT403');
    const { lutInputs: _, ...board } = loadBoard('kv260', folder);
    const wrong = { ...board, defaultClockMHz: -5 };
    writeFileSync(join(folder, 'wrong.json'), JSON.stringify(wrong));
    const faults = diagnosticsOf(() => loadBoard('wrong.json', folder));
    expect(faults.map((f) => f.code)).toEqual(['VT404', 'VT404']);
    expect(faults.map((f) => f.text).join()).toMatch(/"lutInputs".*"defaultClockMHz"/s);
  });
});

describe('constraints', () => {
  const emit = (name: string, clockMHz: number) =>
    emitConstraints(loadBoard(name, folder), { top: 'vitrum_mnist', clockMHz });

  test('out of context for AMD', () => {
    const [file, ...rest] = emit('zcu102', 300);
    expect(rest).toEqual([]);
    expect(file?.path).toBe('constraints/vitrum_mnist_ooc.xdc');
    expect(file?.content).toContain(
      'create_clock -name aclk -period 3.333 [get_ports aclk] ;# 300 MHz\n',
    );
  });

  test('pins for the open boards', () => {
    const [lpf] = emit('ulx3s-85f', 25);
    expect(lpf?.path).toBe('constraints/vitrum_mnist.lpf');
    expect(lpf?.content).toContain('LOCATE COMP "aclk" SITE "G2";');
    expect(lpf?.content).toContain('FREQUENCY PORT "aclk" 25 MHZ;');
    expect(lpf?.content).toContain('LOCATE COMP "aresetn" SITE "D6";');
    expect(lpf?.content).not.toContain('PLL');
    const [pcf] = emit('icebreaker', 24);
    expect(pcf?.path).toBe('constraints/vitrum_mnist.pcf');
    expect(pcf?.content).toContain('set_io aclk 35\nset_frequency aclk 12\n');
    expect(pcf?.content).toContain('a PLL has to make the 24 MHz');
  });

  test('a top that is no identifier is an internal fault', () => {
    const board = loadBoard('zcu102', folder);
    expect(() => emitConstraints(board, { top: 'a b', clockMHz: 100 })).toThrow('identifier');
  });
});

test('nearest', () => {
  expect(nearest('simm', ['build', 'sim', 'synth'])).toBe('sim');
  expect(nearest('xyz', ['build', 'synth'])).toBeUndefined();
});
