import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { stepper } from '../../src/tools/index.ts';
import { checkDesign, type Subject } from '../../src/verify/check-design.ts';
import { checkWithIcarus } from '../../src/verify/icarus.ts';
import { optionalTool } from '../../src/verify/verilator.ts';
import { CLASSES, CYCLES, dummySubject, expectedOffset, faults } from './dummy.ts';

const verilator = await optionalTool('verilator');
const icarus = await optionalTool('iverilog');
if (verilator === undefined)
  console.warn('Verilator is absent: the tests of the bench are skipped');
if (icarus === undefined) console.warn('Icarus Verilog is absent: its tests are skipped');

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function dummy(images: number, fault?: number): Subject {
  const subject = dummySubject(images, fault);
  folders.push(subject.folder);
  return subject;
}

const check = (
  subject: Subject,
  options: { stalls?: boolean; seed?: number; trace?: boolean } = {},
) => checkDesign(subject, { stalls: false, seed: 1, trace: false, ...options }, stepper(4));

/** Values of a frame: all operations and the results. */
const VALUES = 3 * 5 + 2 * 3 + 3 * 7 + 2 * 4 + 10 + CLASSES;

describe.skipIf(verilator === undefined)('bench', { timeout: 300_000 }, () => {
  test('a right design passes, every value compared in every frame', async () => {
    const { runs, failures, first } = await check(dummy(5), { stalls: true });
    expect(failures).toEqual([]);
    expect(first).toBeNull();
    expect(runs.map((run) => run.frames.length)).toEqual([4, 5]);
    expect(runs.map((run) => run.values)).toEqual([4 * VALUES, 5 * VALUES]);
    expect(runs.map((run) => run.mismatches)).toEqual([0, 0]);
    const ends = runs[0]?.frames.map((f) => f.lastResult) ?? [];
    expect(ends.slice(1).map((end, i) => end - (ends[i] ?? 0))).toEqual([CYCLES, CYCLES, CYCLES]);
    expect(runs[1]?.cycles).toBeGreaterThan(5 * CYCLES + 300);
  });

  test('at least three frames are run, also for one image', async () => {
    const { runs, failures } = await check(dummy(1));
    expect(failures).toEqual([]);
    expect(runs.map((run) => run.frames.length)).toEqual([3]);
  });

  test('the seed alone decides what stalls do', async () => {
    const timing = async (seed: number) =>
      (await check(dummy(6), { stalls: true, seed })).runs.map((run) => run.frames);
    expect(await timing(3)).toEqual(await timing(3));
    expect(await timing(3)).not.toEqual(await timing(4));
  });

  test('a wrong value is named with its place, and a waveform is left', async () => {
    const subject = dummy(3);
    // Second head of the softmax, row 1, column 0: the third of its values in frame 1.
    const at = expectedOffset(subject, 4) + 2;
    const expected = subject.vectors[1]?.expected as Int32Array;
    const right = expected[at] as number;
    expected[at] = right ^ 1;
    // A later one, which is counted but not named.
    expected[expected.length - 1] = (expected[expected.length - 1] as number) + 1;
    const { runs, first } = await check(subject);
    // 8 beats of input, then 9 + 4 + 6 + 4 words of the operations before.
    const cycle = (runs[0]?.frames[1]?.firstInput ?? 0) + 8 + 23 + 2;
    expect(runs[0]?.mismatches).toBe(2);
    expect(runs[0]?.frames.map((f) => f.mismatches)).toEqual([0, 2, 0]);
    expect(first).toEqual({
      ...{ layer: 'softmax', operation: 'softmax1.operation', head: 1, token: 1, channel: 0 },
      ...{ frame: 1, cycle, expected: right ^ 1, got: right, trace: 'trace/first-mismatch.fst' },
    });
    expect(statSync(join(subject.folder, 'trace', 'first-mismatch.fst')).size).toBeGreaterThan(500);
  });

  test('rows and columns of an operation in tiles are told apart', async () => {
    const subject = dummy(3);
    const { expected } = subject.vectors[0] as { expected: Int32Array };
    // In tiles of two lanes: (0,0) (0,1), (1,0) (1,1), (0,2), (1,2); row 1, column 2 is the last.
    const at = expectedOffset(subject, 1) + 5;
    expected[at] = (expected[at] as number) ^ 2;
    const { first } = await check(subject);
    expect(first).toMatchObject({ layer: 'matmul1', head: null, token: 1, channel: 2, frame: 0 });
  });

  test('a wrong result on m_axis is named', async () => {
    const subject = dummy(3);
    const { expected } = subject.vectors[2] as { expected: Int32Array };
    expected[VALUES - 2] = 12345;
    const { first } = await check(subject);
    expect(first).toMatchObject({ layer: 'result', operation: 'm_axis', channel: 2, frame: 2 });
  });

  test.each([
    [
      'thirdFrameMissing',
      /^m_axis is stuck: .* beat 0 of frame 2 .*last operation seen is meanPool0/,
    ],
    ['secondFrameNotTaken', /^s_axis is stuck: .*s_axis at beat 0 of frame 1 \(tready 0\)/],
    ['earlyLast', /^m_axis_tlast is high at beat 2 of frame 0, which has 4 beats/],
    ['matmulTapSilent', /^matmul0\.operation was seen completely in 0 of 3 frames/],
    ['framesNotCounted', /^The register FRAMES is 0 instead of 3/],
  ] as const)('%s is a failure', async (fault, sentence) => {
    const { failures } = await check(dummy(3, faults[fault]));
    expect(failures).toContainEqual(expect.stringMatching(sentence));
  });

  test('a withdrawn TVALID is a failure', async () => {
    const { failures } = await check(dummy(6, faults.withdrawsValid), { stalls: true });
    expect(failures).toContainEqual(expect.stringMatching(/^m_axis_tvalid was withdrawn/));
  });

  test('state that survives the reset in mid-frame is seen', async () => {
    const { runs } = await check(dummy(3, faults.sumKeptOverReset));
    expect(runs[0]?.mismatches).toBeGreaterThan(0);
  });

  test('a cycle count other than the predicted one is a failure', async () => {
    const subject = dummy(3);
    subject.manifest.predicted.cyclesPerFrame += 1;
    subject.manifest.predicted.latencyCycles -= 1;
    const { failures } = await check(subject);
    expect(failures).toEqual([
      'A frame takes 41 cycles; 42 were predicted.',
      'The latency is 41 cycles; 40 were predicted.',
    ]);
  });

  test('a missing memory file is a failure', async () => {
    const subject = dummy(3);
    rmSync(join(subject.folder, 'mem', 'fault.mem'));
    const { failures } = await check(subject);
    expect(failures).toContainEqual(expect.stringContaining('fault.mem'));
  });

  test('a memory file that is too long is a failure', async () => {
    const subject = dummy(3);
    writeFileSync(join(subject.folder, 'mem', 'fault.mem'), '0\n0\n');
    const { failures } = await check(subject);
    expect(failures).toEqual([
      expect.stringMatching(/^%Error: mem\/fault\.mem:\d+: .*beyond bounds/),
    ]);
  });

  test('sources that Verilator does not take are a failure', async () => {
    const subject = dummy(3);
    writeFileSync(join(subject.folder, 'dummy.v'), 'module dum__my_top (;\n');
    const { runs, failures } = await check(subject);
    expect(runs).toEqual([]);
    expect(failures[0]).toMatch(/^%Error: dummy\.v:1/);
  });

  test('a whole waveform is written when asked for', async () => {
    const subject = dummy(3);
    const { trace, failures } = await check(subject, { trace: true });
    expect(failures).toEqual([]);
    expect(trace).toBe('trace/run.fst');
    expect(existsSync(join(subject.folder, 'trace', 'run.fst'))).toBe(true);
  });
});

describe.skipIf(icarus === undefined)('Icarus Verilog', { timeout: 120_000 }, () => {
  const icarusCheck = (subject: Subject) =>
    checkWithIcarus(subject.folder, subject.manifest, subject.vectors, 5);

  test('a right design passes', async () => {
    const report = await icarusCheck(dummy(3));
    expect(report).toMatchObject({ ok: true, frames: 3, valuesCompared: 12, mismatches: 0 });
  });

  test('an unknown bit is a difference', async () => {
    const report = await icarusCheck(dummy(3, faults.uninitializedBit));
    expect(report).toMatchObject({ ok: false, mismatches: 12 });
  });

  test.each(['thirdFrameMissing', 'earlyLast'] as const)('%s is a failure', async (fault) => {
    const report = await icarusCheck(dummy(3, faults[fault]));
    expect(report?.ok).toBe(false);
    expect(report?.failures).toHaveLength(1);
  });
});
