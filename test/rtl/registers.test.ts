import { describe, expect, test, vi } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { type Cycle, hasVerilator, verilate } from '../support/verilate.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

const ADDRESS = {
  id: 0x00,
  version: 0x04,
  config: 0x08,
  control: 0x0c,
  status: 0x10,
  errors: 0x14,
  frames: 0x18,
  cycles: 0x1c,
  watchdog: 0x20,
  unused: 0x3c,
};
const WATCHDOG = 1000;

const unit = verilate({
  inputs: [
    { name: 'rst', bits: 1 },
    { name: 'awaddr', bits: 6 },
    { name: 'awvalid', bits: 1 },
    { name: 'wdata', bits: 32 },
    { name: 'wstrb', bits: 4 },
    { name: 'wvalid', bits: 1 },
    { name: 'bready', bits: 1 },
    { name: 'araddr', bits: 6 },
    { name: 'arvalid', bits: 1 },
    { name: 'rready', bits: 1 },
    ...['busy', 'frame', 'short', 'long', 'in_waiting', 'out_waiting'].map((name) => ({
      name,
      bits: 1,
    })),
  ],
  outputs: [
    ...['awready', 'wready', 'bvalid', 'arready', 'rvalid', 'enable'].map((name) => ({
      name,
      bits: 1,
    })),
    { name: 'bresp', bits: 2 },
    { name: 'rresp', bits: 2 },
    { name: 'rdata', bits: 32 },
  ],
  body: `vt_registers #(.VERSION(32'h00010203), .CONFIG(32'hcafe0001), .WATCHDOG(32'd${WATCHDOG})) u_registers (
    .clk_i(clk), .rst_i(rst), .awaddr_i(awaddr), .awvalid_i(awvalid), .awready_o(awready),
    .wdata_i(wdata), .wstrb_i(wstrb), .wvalid_i(wvalid), .wready_o(wready), .bresp_o(bresp),
    .bvalid_o(bvalid), .bready_i(bready), .araddr_i(araddr), .arvalid_i(arvalid),
    .arready_o(arready), .rdata_o(rdata), .rresp_o(rresp), .rvalid_o(rvalid), .rready_i(rready),
    .enable_o(enable), .busy_i(busy), .frame_i(frame), .short_i(short), .long_i(long),
    .in_waiting_i(in_waiting), .out_waiting_i(out_waiting));`,
});

/** Writes down what a host does, cycle by cycle, and reads the answers off the trace. */
function host() {
  const cycles: Record<string, number>[] = [{ rst: 1 }, { rst: 1 }];
  const reads: { readonly cycle: number; readonly label: string }[] = [];
  const api = {
    cycles: cycles as readonly Cycle[],
    idle: (count = 1, inputs: Record<string, number> = {}) => {
      for (let i = 0; i < count; i++) cycles.push({ ...inputs });
      return api;
    },
    write: (address: number, data: number, wstrb = 15, skew: { aw?: number; w?: number } = {}) => {
      const { aw = 0, w = 0 } = skew;
      const taken = Math.max(aw, w);
      for (let i = 0; i <= taken; i++) {
        cycles.push({
          ...(i >= aw ? { awvalid: 1, awaddr: address } : {}),
          ...(i >= w ? { wvalid: 1, wdata: data, wstrb } : {}),
        });
      }
      cycles.push({ bready: 1 });
      return api;
    },
    read: (address: number, label: string) => {
      cycles.push({ arvalid: 1, araddr: address });
      reads.push({ cycle: cycles.length, label });
      cycles.push({ rready: 1 });
      return api;
    },
    run: () => {
      const trace = unit.run([...cycles, {}]);
      const values: Record<string, number> = {};
      for (const { cycle, label } of reads) {
        expect(trace.value(cycle, 'rvalid'), label).toBe(1);
        expect(trace.value(cycle, 'rresp'), label).toBe(0);
        values[label] = trace.value(cycle, 'rdata');
      }
      return { trace, values };
    },
  };
  return api;
}

describe.skipIf(!hasVerilator)('vt_registers', () => {
  test('what a host finds after reset', () => {
    const h = host();
    for (const [name, address] of Object.entries(ADDRESS)) h.read(address, name);
    expect(h.run().values).toEqual({
      id: 0x5654524d,
      version: 0x00010203,
      config: 0xcafe0001,
      control: 1,
      status: 0,
      errors: 0,
      frames: 0,
      cycles: 0,
      watchdog: WATCHDOG,
      unused: 0,
    });
  });

  test('nothing is taken in reset, where its answer would be lost', () => {
    const access = { awvalid: 1, awaddr: ADDRESS.watchdog, wvalid: 1, wstrb: 15, wdata: 7 };
    const both = { ...access, arvalid: 1, araddr: ADDRESS.id };
    const trace = unit.run([{ rst: 1 }, { rst: 1, ...both }, both, {}]);
    const taken = (cycle: number) =>
      ['awready', 'wready', 'arready'].map((port) => trace.value(cycle, port));
    expect([taken(1), taken(2)]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect([trace.value(3, 'bvalid'), trace.value(3, 'rvalid')]).toEqual([1, 1]);
  });

  test('byte strobes write the bytes they name', () => {
    const h = host();
    let expected = WATCHDOG;
    const wanted: Record<string, number> = {};
    for (let strobe = 0; strobe < 16; strobe++) {
      const data = (0x11223344 + 0x01010101 * strobe) >>> 0;
      h.write(ADDRESS.watchdog, data, strobe).read(ADDRESS.watchdog, `strobe ${strobe}`);
      const mask = [0, 1, 2, 3].reduce((m, b) => m + ((strobe >> b) & 1) * 255 * 256 ** b, 0);
      expected = ((expected & ~mask) | (data & mask)) >>> 0;
      wanted[`strobe ${strobe}`] = expected;
    }
    expect(h.run().values).toEqual(wanted);
  });

  test('address and data may come in any order', () => {
    const skews = [{ aw: 3 }, { w: 3 }, { aw: 1, w: 2 }];
    const h = host();
    for (const [i, skew] of skews.entries()) {
      h.write(ADDRESS.watchdog, 100 + i, 15, skew).read(ADDRESS.watchdog, `write ${i}`);
    }
    const { trace, values } = h.run();
    expect(values).toEqual({ 'write 0': 100, 'write 1': 101, 'write 2': 102 });
    // Both are taken in the same cycle, and an answer follows each.
    let answers = 0;
    for (let cycle = 2; cycle < trace.cycles; cycle++) {
      expect(trace.value(cycle, 'awready')).toBe(trace.value(cycle, 'wready'));
      if (trace.value(cycle, 'bvalid') === 1 && h.cycles[cycle]?.bready === 1) answers++;
    }
    expect(answers).toBe(skews.length);
  });

  test('an answer waits until it is taken, and nothing new is taken before', () => {
    const write = { awvalid: 1, awaddr: ADDRESS.watchdog, wvalid: 1, wstrb: 15 };
    const trace = unit.run([
      { rst: 1 },
      { rst: 1 },
      { ...write, wdata: 5, arvalid: 1, araddr: ADDRESS.id },
      ...Array<Cycle>(3).fill({ ...write, wdata: 6, arvalid: 1, araddr: ADDRESS.watchdog }),
      { bready: 1, rready: 1 },
      { arvalid: 1, araddr: ADDRESS.watchdog },
      {},
      { rready: 1 },
      {},
    ]);
    for (let cycle = 3; cycle <= 6; cycle++) {
      expect([trace.value(cycle, 'bvalid'), trace.value(cycle, 'rvalid')]).toEqual([1, 1]);
      expect(trace.value(cycle, 'rdata')).toBe(0x5654524d);
    }
    for (let cycle = 3; cycle <= 5; cycle++) {
      expect([trace.value(cycle, 'awready'), trace.value(cycle, 'arready')]).toEqual([0, 0]);
    }
    expect([trace.value(7, 'bvalid'), trace.value(7, 'rvalid')]).toEqual([0, 0]);
    expect([trace.value(9, 'rvalid'), trace.value(9, 'rdata')]).toEqual([1, 5]);
    expect(trace.value(10, 'rvalid')).toBe(0);
  });

  test('read-only registers do not change', () => {
    const h = host();
    const names = ['id', 'version', 'config', 'status', 'frames', 'cycles', 'unused'] as const;
    for (const name of names) h.write(ADDRESS[name], 0xffffffff).read(ADDRESS[name], name);
    expect(h.run().values).toMatchObject({
      id: 0x5654524d,
      version: 0x00010203,
      config: 0xcafe0001,
      status: 0,
      unused: 0,
    });
  });

  test('enable follows bit 0 of CONTROL', () => {
    const h = host().write(ADDRESS.control, 0xfffffffe).read(ADDRESS.control, 'off');
    const off = h.cycles.length;
    h.write(ADDRESS.control, 0, 14).write(ADDRESS.control, 1).read(ADDRESS.control, 'on');
    const { trace, values } = h.run();
    expect(values).toEqual({ off: 0, on: 1 });
    expect([trace.value(2, 'enable'), trace.value(off, 'enable')]).toEqual([1, 0]);
    expect(trace.value(trace.cycles - 1, 'enable')).toBe(1);
  });

  test('STATUS shows the engine and the streams', () => {
    const read = { arvalid: 1, araddr: ADDRESS.status };
    const states = ['busy', 'in_waiting', 'out_waiting'];
    const cycles = states.flatMap((state): Cycle[] => [{ ...read, [state]: 1 }, { rready: 1 }]);
    const trace = unit.run([{ rst: 1 }, { rst: 1 }, ...cycles]);
    expect([3, 5, 7].map((cycle) => trace.value(cycle, 'rdata'))).toEqual([1, 2, 4]);
  });

  test('frames are counted, and the cycles from one to the next', () => {
    const h = host().idle(7).idle(1, { frame: 1 }).read(ADDRESS.frames, 'one frame');
    h.idle(20).idle(1, { frame: 1 }).read(ADDRESS.frames, 'two').read(ADDRESS.cycles, 'interval');
    // The read takes two cycles, twenty pass, and the frame's own is the last.
    expect(h.run().values).toEqual({ 'one frame': 1, two: 2, interval: 23 });
  });

  test('errors stay until they are cleared, each by itself', () => {
    const h = host().idle(1, { short: 1 }).idle(9).read(ADDRESS.errors, 'short');
    h.idle(1, { long: 1 }).idle(9).read(ADDRESS.errors, 'both').write(ADDRESS.errors, 1);
    h.read(ADDRESS.errors, 'long').write(ADDRESS.errors, 2, 14).read(ADDRESS.errors, 'not strobed');
    h.write(ADDRESS.errors, 15).read(ADDRESS.errors, 'none');
    expect(h.run().values).toEqual({ short: 1, both: 3, long: 2, 'not strobed': 2, none: 0 });
  });

  test('the watchdog names the stream that stands', () => {
    const limit = 9;
    const h = host().write(ADDRESS.watchdog, limit);
    // One cycle less than the limit is no fault, however often.
    for (let i = 0; i < 4; i++) h.idle(limit - 1, { in_waiting: 1, out_waiting: 1 }).idle(1);
    h.read(ADDRESS.errors, 'patient');
    // Long after the fault, the error is still there.
    h.idle(limit, { in_waiting: 1 }).idle(9).read(ADDRESS.errors, 'input');
    h.write(ADDRESS.errors, 4)
      .idle(limit, { out_waiting: 1 })
      .idle(9)
      .read(ADDRESS.errors, 'output');
    h.write(ADDRESS.errors, 8).write(ADDRESS.watchdog, 0);
    h.idle(50, { in_waiting: 1, out_waiting: 1 }).idle(1).read(ADDRESS.errors, 'switched off');
    expect(h.run().values).toEqual({ patient: 0, input: 4, output: 8, 'switched off': 0 });
  });

  test('a reset ends every count', () => {
    const both = { in_waiting: 1, out_waiting: 1 };
    const reset = { ...both, rst: 1, frame: 1 };
    const h = host()
      .idle(3, both)
      .idle(2, reset)
      .idle(WATCHDOG - 1, both);
    h.idle().read(ADDRESS.errors, 'patient').read(ADDRESS.frames, 'none');
    h.idle(3, both).idle(2, reset).idle(WATCHDOG, both).idle(9).read(ADDRESS.errors, 'stuck');
    // The first frame is seven cycles old when it is finished.
    h.idle(2, reset).idle(7).idle(1, { frame: 1 }).read(ADDRESS.cycles, 'since the reset');
    const wanted = { patient: 0, none: 0, stuck: 12, 'since the reset': 7 };
    expect(h.run().values).toEqual(wanted);
  });

  test('random writes and reads equal a model', () => {
    const random = createRandom(11);
    const h = host();
    const model = { control: 1, watchdog: WATCHDOG };
    const expected: Record<string, number> = {};
    for (let i = 0; i < 300; i++) {
      const name = random.nextInt(0, 1) === 0 ? 'control' : 'watchdog';
      const strobe = random.nextInt(0, 15);
      const data = random.nextUint32();
      h.write(ADDRESS[name], data, strobe, { aw: random.nextInt(0, 2), w: random.nextInt(0, 2) });
      if (name === 'control') {
        if (strobe & 1) model.control = data & 1;
      } else {
        const mask = [0, 1, 2, 3].reduce((m, b) => m + ((strobe >> b) & 1) * 255 * 256 ** b, 0);
        model.watchdog = ((model.watchdog & ~mask) | (data & mask)) >>> 0;
      }
      h.read(ADDRESS[name], `access ${i}`);
      expected[`access ${i}`] = model[name];
    }
    expect(h.run().values).toEqual(expected);
  });
});
