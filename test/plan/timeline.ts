import { arrayLatency as latencyOfArray } from '../../src/plan/array.ts';
import type { Instruction, MatmulOperation, Unit } from '../../src/plan/index.ts';
import type { Subject } from './access.ts';
import { latencyOf } from './row-accesses.ts';

/**
 * When everything happens, worked out anew from the Verilog: the sequencer's conditions, the loader
 * and streamer, the stages of the units. `countCycles` says the same in fewer words; here delays of
 * the outside world can be put in, and every tile has its cycle.
 */
export interface Timing {
  /** The cycle in which the instruction is issued. */
  readonly at: number;
  /** Of a product, by tile: the cycle before the loader's first step, and that of the taking. */
  readonly tiles: readonly { readonly loading: number; readonly taken: number }[];
  /** Of the streams: cycles in which nothing comes or goes, before each word. */
  readonly pause: number;
}

export interface Issue {
  readonly instruction: Instruction;
  /** Of whose elements the instruction writes. */
  readonly frame: number;
  readonly timing: Timing;
}

export interface TimelineOptions {
  readonly frames: number;
  /** Cycles of the shortest pass; that of the engine unless given. */
  readonly minPass?: number;
  /** Of each stream instruction and of each tile of streamed weights; none unless given. */
  readonly delay?: (what: 'input' | 'result' | 'weights') => number;
}

/** Cycles from an operation's issue, or the taking of a tile, to the tile that was loaded meanwhile. */
function loadCycles({ b }: MatmulOperation, { inputs, outputs }: Subject['shape']): number {
  return (b.source === 'keyColumns' ? Math.max(inputs, outputs) : outputs) + 3;
}

/**
 * From a word at the array to its sums: a stage of products, and the levels of a tree of adders. That
 * of arrays with several products in a DSP or products on LUTs is held to Verilog in test/rtl.
 */
export function arrayLatency(shape: Subject['shape']): number {
  const { inputs, multipliers } = shape;
  return multipliers
    ? latencyOfArray({ ...shape, ...multipliers })
    : 1 + Math.ceil(Math.log2(inputs));
}

/** A streamed word's result is written so many cycles after it leaves the array. */
export const RESULT_STAGES = 10;

export function timeline(subject: Subject, options: TimelineOptions): Issue[] {
  const { program, shape, graph } = subject;
  const { frames, delay = () => 0 } = options;
  const array = arrayLatency(shape);
  const minPass = options.minPass ?? array + 11;
  /** First cycle in which a unit can be started, or counts as idle. */
  const ready: Record<Unit, number> = {
    ...{ matmul: 0, layerNorm: 0, softmax: 0, meanPool: 0, input: 0, result: 0 },
  };
  /** First cycles in which products do not count as under way. */
  const finished: number[] = [];
  let streamer = 0;
  let next = 2;
  const [patches = 0, patchSize = 0] = graph.input.tensor.shape;
  const beats = patches * Math.ceil(patchSize / shape.inputs);
  const classes = graph.nodes.at(-1)?.output.shape[1] ?? 0;

  const multiply = (op: MatmulOperation, at: number): Timing['tiles'] => {
    const tiles = Math.ceil(op.reduction / shape.inputs) * Math.ceil(op.columns / shape.outputs);
    const words = Math.ceil(op.rows / shape.tokens);
    let loading = at;
    const taken = Array.from({ length: tiles }, () => {
      const late = op.b.source === 'weightStream' ? delay('weights') : 0;
      const tile = { loading, taken: Math.max(loading + loadCycles(op, shape) + late, streamer) };
      loading = tile.taken;
      streamer = tile.taken + Math.max(words, minPass);
      return tile;
    });
    ready.matmul = loading + 1;
    finished.push(loading + words + array + RESULT_STAGES + 1);
    return taken;
  };

  const issue = (instruction: Instruction, frame: number): Issue => {
    const { unit, operation, idle, maxMatmul } = instruction;
    const most = Math.min(maxMatmul, unit === 'matmul' ? 2 : 3);
    const underWay = most < 3 ? (finished.at(-1 - most) ?? 0) : 0;
    const at = Math.max(next, underWay, ready[unit], ...idle.map((other) => ready[other]));
    next = at + 3;
    const pause = unit === 'input' || unit === 'result' ? delay(unit) : 0;
    let tiles: Timing['tiles'] = [];
    if (unit === 'matmul') tiles = multiply(program.matmuls[operation] as MatmulOperation, at);
    else if (unit === 'input') ready.input = at + beats * (1 + pause) + 1;
    else if (unit === 'result') {
      ready.result = at + 2 * Math.ceil(classes / shape.outputs) + classes * (1 + pause) + 1;
    } else ready[unit] = at + latencyOf(subject, instruction) + 1;
    return { instruction, frame, timing: { at, tiles, pause } };
  };

  const { instructions, loopStart } = program;
  const issues = instructions.slice(0, loopStart).map((instruction) => issue(instruction, 0));
  for (let frame = 0; frame < frames; frame++) {
    for (const instruction of instructions.slice(loopStart)) {
      // The input in the loop is that of the frame after.
      issues.push(issue(instruction, instruction.unit === 'input' ? frame + 1 : frame));
    }
  }
  return issues;
}
