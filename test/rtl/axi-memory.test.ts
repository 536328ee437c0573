import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasVerilator } from '../support/verilate.ts';
import { exec, temporaryFolder } from './stream-harness.ts';

interface Master {
  readonly valid?: 0 | 1;
  readonly address?: number;
  readonly length?: number;
  readonly size?: number;
  readonly burst?: number;
  readonly ready?: 0 | 1;
}

const BASE = 0x10000;
const idle: Master = {};
const asks = (address: number, length = 0, rest: Master = {}): Master => ({
  ...{ valid: 1, address: BASE + address, length },
  ...rest,
});

// The bench comes with Verilator, and so does its compiler.
describe.skipIf(!hasVerilator)('the memory of the bench', () => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const sources = ['test/rtl/axi-memory.cpp', 'testbench/axi_memory.cpp'];
    const flags = ['-std=c++14', '-Wall', '-Wextra', '-Werror', '-I', path.join(root, 'testbench')];
    const files = sources.map((file) => path.join(root, file));
    await exec('g++', [...flags, '-o', 'memory', ...files], folder);
  }, 60_000);

  async function run(cycles: readonly Master[]) {
    const line = ({ valid = 0, address = 0, length = 0, size = 3, burst = 1, ready = 1 }: Master) =>
      `${valid} ${address.toString(16)} ${length} ${size} ${burst} ${ready}`;
    const text = await exec('./memory', [], folder, `${cycles.map(line).join('\n')}\n`);
    const rows = text
      .trimEnd()
      .split('\n')
      .map((row) => row.split(' '));
    return {
      /** The cycles in which a signal is high. */
      high: (column: number) => rows.flatMap((row, i) => (row[column] === '1' ? [i] : [])),
      data: rows.flatMap((row) => (row[1] === '1' ? [Number(row[4])] : [])),
      responses: rows.map((row) => Number(row[3])),
      faults: rows.map((row) => row.slice(5).join(' ')).filter((fault) => fault !== ''),
    };
  }
  const [READY, VALID, LAST] = [0, 1, 2] as const;
  const pause = (cycles: number) => Array<Master>(cycles).fill(idle);

  test('answers after its latency, in order, a beat a cycle', async () => {
    const { high, data, faults } = await run([idle, asks(0, 2), asks(0x80, 1), ...pause(12)]);
    expect(faults).toEqual([]);
    expect(high(VALID)).toEqual([6, 7, 8, 9, 10]);
    expect(high(LAST)).toEqual([8, 10]);
    expect(data).toEqual([0, 1, 2, 16, 17]);
  });

  test('accepts no more requests than it has places', async () => {
    const third = asks(0x100);
    const { high, data } = await run([asks(0), asks(8), ...Array(6).fill(third), ...pause(9)]);
    expect(high(READY).slice(0, 4)).toEqual([0, 1, 6, 7]);
    expect(data).toEqual([0, 1, 32, 32]);
  });

  test('holds a beat until it is taken', async () => {
    const cycles = [asks(0, 1), ...pause(4), { ready: 0 }, { ready: 0 }, ...pause(5)] as const;
    const { high, data } = await run(cycles);
    expect(high(VALID)).toEqual([5, 6, 7, 8]);
    expect(data).toEqual([0, 0, 0, 1]);
  });

  const full = [asks(0, 7), asks(0x40, 7)];
  test.each<[string, readonly Master[], string]>([
    [
      'arburst',
      [asks(0, 3, { burst: 0 })],
      'm_axi_arburst of the burst at 0x10000 is 0, not INCR (1)',
    ],
    [
      'arsize',
      [asks(0, 0, { size: 2 })],
      'm_axi_arsize of the burst at 0x10000 is 2 on a bus of 8 bytes',
    ],
    ['alignment', [asks(4)], "m_axi_araddr 0x10004 is no multiple of the bus's 8 bytes"],
    [
      '4 KB',
      [asks(0xff8, 1)],
      'm_axi_arlen of the burst at 0x10ff8 is 1, which crosses a boundary of 4 KB',
    ],
    ['end', [asks(0x3000)], 'm_axi asks for 8 bytes at 0x13000, the memory holds 12288 at 0x10000'],
    ['begin', [asks(-8)], 'm_axi asks for 8 bytes at 0xfff8, the memory holds 12288 at 0x10000'],
    [
      'withdrawal',
      [...full, asks(0x80), idle],
      'm_axi_arvalid was withdrawn before it was accepted',
    ],
    [
      'araddr',
      [...full, asks(0x80), asks(0x88)],
      'm_axi_araddr changed from 0x10080 to 0x10088 while it waited',
    ],
    [
      'arlen',
      [...full, asks(0x80), asks(0x80, 1)],
      'm_axi_arlen changed from 0x0 to 0x1 while it waited',
    ],
  ])('reports a broken rule: %s', async (_, cycles, sentence) => {
    const { faults } = await run(cycles);
    expect(faults).toEqual([sentence]);
  });

  test('has no fault to find in bursts that just fit', async () => {
    const cycles = [asks(0xff8), ...pause(9), asks(0x1800, 255), ...pause(300), asks(0x2ff8)];
    expect((await run([...cycles, ...pause(9)])).faults).toEqual([]);
  });

  test('answers outside of its contents with DECERR', async () => {
    const { responses } = await run([asks(0x3000), ...pause(8)]);
    expect(responses).toEqual([0, 0, 0, 0, 0, 3, 0, 0, 0]);
  });
});
