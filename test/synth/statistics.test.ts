import { describe, expect, test } from 'vitest';
import { cellUtilization, isLatch } from '../../src/synth/cells.ts';
import { readMessages } from '../../src/synth/messages.ts';
import { ELABORATED, elaborationScript, mappingScript } from '../../src/synth/script.ts';
import { countResources } from '../../src/synth/statistics.ts';

const PARAMOD = "$paramod\\pe\\W=s32'00000000000000000000000000001000";

describe('countResources', () => {
  test('multiplies by instances at every level and joins parametrizations', () => {
    const json = JSON.stringify({
      modules: {
        '\\top': { num_cells_by_type: { row: 2, LUT3: 5, INV: 100 } },
        '\\row': { num_cells_by_type: { [PARAMOD]: 3, '$paramod$0a1b\\pe': 1, FDRE: 7 } },
        [PARAMOD]: { num_cells_by_type: { LUT6: 10, DSP48E2: 1, RAMB36E2: 1, RAMB18E2: 1 } },
        '$paramod$0a1b\\pe': { num_cells_by_type: { LUT2: 1, SRL16E: 2, RAM64M8: 1, LDCE: 1 } },
        '\\unused': { num_cells_by_type: { LUT6: 1000 } },
      },
    });
    const { whole, modules, latches, unknownCells } = countResources(json, 'top');
    expect(whole).toEqual({
      lut: 5 + 2 * (3 * 10 + 1),
      lutram: 2 * (2 + 8),
      ff: 14,
      dsp: 6,
      bram36: 9,
      uram: 0,
    });
    expect(modules.map((m) => [m.name, m.instances, m.lut])).toEqual([
      ['pe', 8, 62],
      ['top', 1, 5],
      ['row', 2, 0],
    ]);
    expect(latches).toBe(2);
    expect(unknownCells).toEqual([]);
  });

  test('reads submodules that are listed apart, and names cells it does not know', () => {
    const json = JSON.stringify({
      modules: {
        '\\top': { num_cells_by_type: { WONDER: 1 }, num_submodules_by_type: { '\\row': 4 } },
        '\\row': { num_cells_by_type: { FDSE: 1 } },
      },
    });
    const { whole, unknownCells } = countResources(json, 'top');
    expect(whole.ff).toBe(4);
    expect(unknownCells).toEqual(['WONDER']);
  });

  test('throws for a top that is not there', () => {
    expect(() => countResources('{"modules":{}}', 'top')).toThrow('no module top');
  });
});

test('cells are counted as in Vivado reports', () => {
  expect(cellUtilization('LUT6')?.lut).toBe(1);
  expect(cellUtilization('INV')?.lut).toBe(0);
  expect(cellUtilization('MUXF7')?.lut).toBe(0);
  expect(cellUtilization('RAM32M')?.lutram).toBe(4);
  expect(cellUtilization('SRLC32E')?.lutram).toBe(1);
  for (const ff of ['FDRE', 'FDSE', 'FDCE', 'FDPE', 'FDRE_1'])
    expect(cellUtilization(ff)?.ff).toBe(1);
  expect(cellUtilization('URAM288')?.uram).toBe(1);
  expect(cellUtilization('$mul')).toBeUndefined();
  expect(['LDCE', 'LDPE', '$_DLATCH_P_', '$dlatch'].every(isLatch)).toBe(true);
  expect(isLatch('FDRE')).toBe(false);
});

test("warnings after elaboration are Yosys's own unless they speak of drivers", () => {
  const log = [
    'Warning: Resizing cell port top.u1.q_o from 8 bits to 4 bits.',
    'top.v:3: Warning: Literal has a width of 8 bit, but value requires 9 bit.',
    ELABORATED,
    'Warning: Resizing cell port rom.memory.0.0.DOUTADOUT from 64 bits to 16 bits.',
    'ABC: Warning: The network is combinational (run "fraig" or "fraig_sweep").',
    'Warning: Wire top.\\x is used but has no driver.',
    'Warning: Wire top.\\x is used but has no driver.',
  ].join('\n');
  const { warnings, faults, error } = readMessages(log);
  expect(warnings).toHaveLength(4);
  expect(faults).toEqual([
    'Warning: Resizing cell port top.u1.q_o from 8 bits to 4 bits.',
    'top.v:3: Warning: Literal has a width of 8 bit, but value requires 9 bit.',
    'Warning: Wire top.x is used but has no driver.',
  ]);
  expect(error).toBeUndefined();
});

test('scripts quote names, and leave UltraRAM to memories that ask for it', () => {
  expect(elaborationScript(['a b.v'], 'top')).toContain('read_verilog -defer "a b.v"');
  expect(mappingScript('top', 'xcup', 's.json')).toEqual([
    'synth_xilinx -family xcup -top top -noiopad -noclkbuf -flatten',
    'check',
    'tee -q -o "s.json" stat -json',
  ]);
});
