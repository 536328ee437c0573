import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { rowGroups } from '../../src/plan/geometry.ts';
import { countCycles, type Instruction } from '../../src/plan/index.ts';
import type { RandomGraphOptions } from '../support/random-graph.ts';
import type { Subject } from './access.ts';
import { runTimed } from './memory-model.ts';
import { graphs, multipliedShapes, shapeOf, subjectOf } from './subjects.ts';
import { arrayLatency, type TimelineOptions, timeline } from './timeline.ts';

vi.setConfig({ testTimeout: 240_000 });

/** The fourth writes over what the third has left. */
const FRAMES = 4;

/** Now and then a stream pauses, or a tile of weights comes late. */
function delays(seed: number): Required<Pick<TimelineOptions, 'delay'>> {
  const { nextInt } = createRandom(seed);
  const most = { input: 9, result: 5, weights: 40 };
  return { delay: (what) => (nextInt(0, 2) === 0 ? nextInt(0, most[what]) : 0) };
}

function faultsOf(subject: Subject, options: Partial<TimelineOptions> = {}): string[] {
  return runTimed(subject, timeline(subject, { frames: FRAMES, ...options }));
}

const overlap = fc.boolean();

describe('cycle by cycle, any design', () => {
  test('is issued as the cycle model says', () => {
    fc.assert(
      fc.property(graphs, multipliedShapes, overlap, (options, shape, overlapNorms) => {
        const subject = subjectOf(options, shape, { overlapNorms });
        const { program, graph } = subject;
        const model: number[][] = [];
        countCycles(program, shape, rowGroups(graph, shape), ({ at, array }) =>
          model.push(array ? [at, array.taken] : [at]),
        );
        const own = timeline(subject, { frames: FRAMES }).map(({ timing }) =>
          timing.tiles[0] ? [timing.at, timing.tiles[0].taken] : [timing.at],
        );
        expect(own).toEqual(model.slice(0, own.length));
      }),
      { numRuns: 60, seed: 17 },
    );
  });

  test('reads the right element of the right frame, and shares no port', () => {
    fc.assert(
      fc.property(graphs, multipliedShapes, overlap, (options, shape, overlapNorms) => {
        const subject = subjectOf(small(options), shape, { overlapNorms });
        expect(faultsOf(subject).slice(0, 3)).toEqual([]);
      }),
      { numRuns: 30, seed: 18 },
    );
  });

  test('does so whatever holds up the streams of input, weights and results', () => {
    fc.assert(
      fc.property(
        graphs,
        multipliedShapes,
        overlap,
        fc.integer(),
        (options, shape, overlapNorms, seed) => {
          const subject = subjectOf(small(options), shape, { overlapNorms, streamed: true });
          expect(faultsOf(subject, delays(seed)).slice(0, 3)).toEqual([]);
        },
      ),
      { numRuns: 20, seed: 19 },
    );
  });

  // Passes longer than the shortest one: nothing waits for it to be over.
  test.each([
    ['a class token', shapeOf(1, 8, 8, 4), {}],
    ['the mean, two tokens side by side', shapeOf(2, 8, 4, 4), { pooling: 'mean' }],
    ['an embedding that is cut as a whole', shapeOf(1, 4, 4, 1), { depth: 2 }],
    ['tables', shapeOf(2, 4, 8, 2), { family: 'table' }],
  ] as const)('with many tokens: %s', (_name, shape, more) => {
    for (const overlapNorms of [false, true]) {
      const options = { tokens: 45, width: 8, heads: 2, hidden: 12, patch: 1, ...more };
      const subject = subjectOf(options, shape, { overlapNorms });
      const cut = subject.program.matmuls.filter(({ name }) => name.endsWith('.upper'));
      expect(cut.length > 0).toBe(overlapNorms);
      expect(faultsOf(subject).slice(0, 3)).toEqual([]);
    }
  });
});

/** A quarter of a second at most: each word of each pass is looked at. */
function small(options: Partial<RandomGraphOptions>): Partial<RandomGraphOptions> {
  const { width = 1, heads = 1, hidden = 1 } = options;
  return {
    ...options,
    width: Math.max(1, Math.min(4, width / heads)) * heads,
    hidden: Math.min(12, hidden),
  };
}

/** The instructions with one condition less: a unit that need not be idle, or one more product. */
function* loosened(instructions: readonly Instruction[]) {
  for (const [i, instruction] of instructions.entries()) {
    const { maxMatmul, idle, label } = instruction;
    const put = (changed: Instruction) =>
      instructions.map((own, n) => (n === i ? changed : own)) as readonly Instruction[];
    if (maxMatmul < 3) {
      yield {
        what: `${kind(label)} behind any number of products instead of ${maxMatmul}`,
        changed: put({ ...instruction, maxMatmul: 3 }),
      };
    }
    for (const unit of idle) {
      yield {
        what: `${kind(label)} beside ${unit}`,
        changed: put({ ...instruction, idle: idle.filter((other) => other !== unit) }),
      };
    }
  }
}

/** `attention.scores` of `block0.attention.scores.head1`. */
function kind(label: string): string {
  return label.replace(/^block\d+\./, '').replace(/\.head\d+/, '');
}

describe('a schedule that does not wait for what it needs is noticed', () => {
  const options = { width: 8, heads: 4, tokens: 9, hidden: 8, depth: 2, patch: 1 };

  test.each([1, 2, 5])('a shortest pass that is %i shorter', (less) => {
    // One k tile, so that a product streams what the pass before has just written.
    const shape = shapeOf(2, 8, 8, 4);
    const subject = subjectOf(options, shape, { overlapNorms: false });
    const minPass = arrayLatency(shape) + 11;
    expect(faultsOf(subject, { minPass })).toEqual([]);
    expect(faultsOf(subject, { minPass: minPass - less })).not.toEqual([]);
  });

  test('the input of the next frame while the embedding still reads this one', () => {
    const more = { tokens: 17, width: 16, patch: 2 };
    const subject = subjectOf({ ...options, ...more }, shapeOf(1, 4, 2, 2), { overlapNorms: true });
    const { instructions } = subject.program;
    const next = instructions.findLastIndex(({ unit }) => unit === 'input');
    const early = instructions.findIndex(({ unit }) => unit === 'layerNorm') + 1;
    expect(early).toBeLessThan(next);
    const moved = [
      ...instructions.slice(0, early),
      instructions[next] as Instruction,
      ...instructions.slice(early, next),
      ...instructions.slice(next + 1),
    ];
    const faults = faultsOf({ ...subject, program: { ...subject.program, instructions: moved } });
    expect(faults[0]).toMatch(/^embedding\.\w+ .* of input holds input\[.* of frame 1, wanted/);
  });

  // What nobody notices costs cycles for nothing, or holds for a reason that is not in the program.
  test('each condition of the program, or it is known why it is not', () => {
    const shape = shapeOf(2, 4, 4, 2);
    const seen = new Map<string, boolean>();
    const look = (subject: Subject, more: Partial<TimelineOptions>) => {
      const { program } = subject;
      for (const { what, changed } of loosened(program.instructions)) {
        if (seen.get(what)) continue;
        const faults = faultsOf(
          { ...subject, program: { ...program, instructions: changed } },
          more,
        );
        seen.set(what, faults.length > 0);
      }
    };
    const mean = { pooling: 'mean', tokens: 26, heads: 2, hidden: 4 } as const;
    for (const more of [{ depth: 2 }, { ...mean, depth: 1 }]) {
      for (const overlapNorms of [false, true]) {
        look(subjectOf({ ...options, ...more }, shape, { overlapNorms }), {});
      }
    }
    // Softmaxes that are over before the values are.
    for (const heads of [1, 2]) {
      const narrow = { ...options, tokens: 3, heads, width: 4 * heads, depth: 1 };
      look(subjectOf(narrow, shapeOf(1, 1, 4, 1), { overlapNorms: false }), {});
    }
    // Streams that are slower than the rest of a frame, or than a pass.
    const slow = { input: 9, result: 99, weights: 200 };
    const few = { ...options, heads: 1, tokens: 30, depth: 1, classes: 24 };
    for (const what of ['input', 'result', 'weights'] as const) {
      const subject = subjectOf(few, shape, { overlapNorms: true, streamed: what === 'weights' });
      look(subject, { delay: (stream) => (stream === what ? slow[stream] : 0) });
    }
    const unnoticed = [...seen].flatMap(([what, noticed]) => (noticed ? [] : [what]));
    expect(unnoticed.sort()).toEqual([
      // Only the last LayerNorm follows the mean; the others wait for products that follow it.
      'attention.norm beside meanPool',
      'attention.norm.lower beside meanPool',
      'attention.norm.upper beside meanPool',
      // The keys' projection comes before and has waited.
      'attention.query beside layerNorm',
      // There is another product in between, which lasts as long as the way to memory.
      'attention.scores behind any number of products instead of 1',
      'attention.value beside layerNorm',
      'attention.weighted behind any number of products instead of 1',
      'mlp.norm beside meanPool',
      'mlp.norm.lower beside meanPool',
      'mlp.norm.upper beside meanPool',
    ]);
  });
});
