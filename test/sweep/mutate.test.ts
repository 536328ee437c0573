import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyEdit } from '../../bench/support/mutation/graph-edit.ts';
import {
  judgeMutant,
  makeMutation,
  makeSubjects,
  type Subject,
} from '../../bench/support/mutation/index.ts';
import { mutateMemory } from '../../bench/support/mutation/memory-mutations.ts';
import { mutateRtl } from '../../bench/support/mutation/rtl-mutations.ts';
import { mutateWeightStream } from '../../bench/support/mutation/stream-mutations.ts';
import {
  applySite,
  flipLiteral,
  literalSites,
  operatorSites,
} from '../../bench/support/mutation/verilog-text.ts';
import { createRandom } from '../../src/arithmetic/index.ts';
import { lower } from '../../src/lower/index.ts';
import { hasVerilator } from '../support/verilate.ts';

const example = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'vitrum-mutate-test-'));
let subjects: readonly Subject[];
beforeAll(async () => {
  subjects = await makeSubjects(example, root, 7);
}, 240_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('places in Verilog', () => {
  const text = [
    'module m #(parameter A = 1 + 2) (input wire [A-1:0] a_i);',
    '  localparam B = A + 1; // a + b',
    "  wire x = a == 4'd5 && !b; // a == b",
    '  wire unused = &{a, b};',
    '  initial $readmemh("a + b", m);',
    "  q <= c < d ? e[f +: 2] - 1'b1 : 8'hf0;",
  ].join('\n');

  test('are operators of logic', () => {
    expect(operatorSites(text).map(({ line, found, by }) => [line, found, by])).toEqual([
      [3, '==', '!='],
      [3, '&&', '||'],
      [3, '!', ''],
      [6, '-', '+'],
      [6, '<', '<='],
    ]);
  });

  test('are sized literals', () => {
    const sites = literalSites(text, (bits) => bits - 1);
    expect(sites.map(({ found, by }) => [found, by])).toEqual([
      ["4'd5", "4'd13"],
      ["1'b1", "1'b0"],
      ["8'hf0", "8'h70"],
    ]);
    const [first] = sites;
    expect(first && applySite(text, first).split('\n')[2]).toContain("a == 4'd13 && !b;");
  });

  test('keep their base', () => {
    expect(flipLiteral("8'hf0", 0)).toBe("8'hf1");
    expect(flipLiteral("3'b101", 1)).toBe("3'b111");
    expect(flipLiteral("40'd1", 39)).toBe(`40'd${2 ** 39 + 1}`);
  });
});

describe('a bit of a memory file', () => {
  // The words of tables come from the program, which an edit of the graph does not reach.
  const isTable = /exponentials|reciprocal|activation_tables/;

  test('is the bit of the graph that it is said to be', () => {
    const random = createRandom(1);
    let compared = 0;
    let streamed = 0;
    for (const subject of subjects) {
      const { plan, graph } = subject;
      for (let i = 0; i < 150; i++) {
        const { file, text, edit, idle, change } = mutateMemory(subject, random);
        expect(edit === undefined, change).toBe(idle !== undefined);
        const repeated = change.includes('multiplier') && !change.includes('multiplier[');
        if (!edit || isTable.test(file) || repeated) continue;
        const checked = { ...plan.checked, graph: applyEdit(graph, edit) };
        const { weights, memories, external } = lower({ ...plan, checked });
        if (typeof text !== 'string') {
          // A weight that several products take lies there several times, and one was changed.
          const [byte = -1, ...others] = differences(text, subject.weights);
          expect(others).toEqual([]);
          expect(external?.bytes[byte], `${file}: ${change}`).toBe(text[byte]);
          streamed += 1;
          continue;
        }
        const image = [...weights, ...Object.values(memories)].find((m) => m?.path === file);
        expect(image?.text, `${file}: ${change}`).toBe(text);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
    expect(streamed).toBeGreaterThan(20);
  }, 240_000);
});

function differences(a: Uint8Array, b: Uint8Array | null): number[] {
  return Array.from(a, (byte, i) => (byte === b?.[i] ? -1 : i)).filter((i) => i >= 0);
}

describe.skipIf(!hasVerilator)('a sample of the mutants', () => {
  test.each([0, 1, 2, 3, 4, 5])(
    'mutant %i does not survive',
    async (index) => {
      const { subject, mutation } = makeMutation(subjects, 7, index);
      const judgement = await judgeMutant(subject, mutation, 7);
      const { file, line, change } = mutation;
      expect(judgement.verdict, `${file}:${line} ${change}: ${judgement.by}`).not.toBe('survived');
    },
    240_000,
  );

  // One operator of the stream of weights and of the cells of the array, and a streamed bit.
  const files = ['vt_weight_stream', 'vt_axi_read', 'vt_mac_packed', 'vt_mac_lut', 'weights.bin'];
  test.each(files)(
    'a mutant of %s does not survive',
    async (name) => {
      const file = name.includes('.') ? name : `rtl/${name}.v`;
      const subject = subjects.find((s) => s.texts.has(file) || s.manifest.weights?.path === file);
      if (!subject) throw new Error(`no design has ${file}`);
      const mutation = name.includes('.')
        ? mutateWeightStream(subject, createRandom(3))
        : mutateRtl(subject, 'operator', createRandom(3), [file]);
      const { verdict, by } = await judgeMutant(subject, mutation, 7);
      expect(verdict, `${mutation.line} ${mutation.change}: ${by}`).not.toBe('survived');
    },
    600_000,
  );

  test('the same mutants come from the same seed', () => {
    const texts = (seed: number) =>
      [0, 1, 2, 3, 4].map((i) => {
        const { kind, file, line, change } = makeMutation(subjects, seed, i).mutation;
        return `${kind} ${file}:${line} ${change}`;
      });
    expect(texts(7)).toEqual(texts(7));
    expect(texts(7)).not.toEqual(texts(8));
  }, 240_000);
});
