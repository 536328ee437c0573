import type { Instruction, Unit } from '../../src/plan/index.ts';
import {
  type Access,
  depthOf,
  elementsOfWord,
  type MemoryName,
  memoryNames,
  type Subject,
} from './access.ts';
import { accessesOf } from './accesses.ts';
import { constants } from './memory-contents.ts';
import { type Names, NOTHING, namesOf, PADDING } from './names.ts';
import type { Issue, Timing } from './timeline.ts';

const constantMemories: ReadonlySet<string> = new Set<MemoryName>([
  'weights',
  'weightStream',
  'parameters',
  'offset',
]);

/** Memories that hold names instead of codes. Reads are checked, writes must stay inside. */
interface Memories {
  /** @param frame whose elements are written, or have to be there */
  play(access: Access, frame: number, by: string): void;
  readonly faults: string[];
}

function memories(subject: Subject, names: Names): Memories {
  const cells = Object.fromEntries(
    memoryNames.map((memory) => {
      const elements = depthOf(memory, subject) * elementsOfWord(memory, subject.shape);
      return [memory, Array(elements).fill(NOTHING)];
    }),
  ) as Record<MemoryName, number[]>;
  const faults: string[] = [];
  return {
    faults,
    play({ memory, word, write, lanes, values, cycle }, frame, by) {
      const held = cells[memory];
      const first = word * elementsOfWord(memory, subject.shape);
      const isConstant = constantMemories.has(memory);
      const offset = isConstant ? 0 : frame * names.count;
      for (let i = 0; i < lanes.length; i++) {
        const at = first + (lanes[i] as number);
        const value = values[i] as number;
        const wanted = value === PADDING ? PADDING : value + offset;
        if (at < 0 || at >= held.length) {
          faults.push(`${by}: ${memory} has no word ${word} for ${names.describe(wanted)}`);
        } else if (write) {
          held[at] = wanted;
        } else if (held[at] !== wanted) {
          const found = names.describe(held[at] as number);
          faults.push(
            `${by} in cycle ${cycle}: word ${word} of ${memory} holds ${found}, wanted is ${names.describe(wanted)}`,
          );
        }
      }
    },
  };
}

/**
 * Runs one frame of a program, operation after operation, on memories that hold names instead of
 * numbers. Gives every place where an operation reads something else than its operands, or leaves
 * a memory: what a buffer in the wrong place would cause.
 */
export function runProgram(subject: Subject): string[] {
  const names = namesOf(subject.graph);
  const memory = memories(subject, names);
  for (const access of constants(subject, names)) memory.play(access, 0, 'contents');
  for (const instruction of subject.program.instructions) {
    // The second input is that of the next frame, which looks the same.
    const accesses = [...accessesOf(subject, names, instruction, someTime(subject, instruction))];
    for (const write of [false, true]) {
      for (const access of accesses) {
        if (access.write === write) memory.play(access, 0, instruction.label);
      }
    }
  }
  return memory.faults;
}

/** Any time at all: the order within an operation is given by its reads and writes. */
function someTime({ program, shape }: Subject, { unit, operation }: Instruction): Timing {
  const { reduction, columns } = program.matmuls[operation] ?? { reduction: 0, columns: 0 };
  const tiles = Math.ceil(reduction / shape.inputs) * Math.ceil(columns / shape.outputs);
  return {
    ...{ at: 0, pause: 0 },
    tiles: Array(unit === 'matmul' ? tiles : 0).fill({ loading: 0, taken: 0 }),
  };
}

interface Pending {
  readonly access: Access;
  readonly frame: number;
  readonly by: string;
  readonly unit: Unit;
}

/**
 * Plays instructions as they are issued, every word in the cycle in which its address
 * stands on the memory: a read in cycle t sees what was written before t. Gives every read of
 * anything but the right element of the right frame, and every port that two units use at once.
 */
export function runTimed(subject: Subject, issues: readonly Issue[]): string[] {
  const names = namesOf(subject.graph);
  const memory = memories(subject, names);
  for (const access of constants(subject, names)) memory.play(access, 0, 'contents');

  const cycles = new Map<number, Pending[]>();
  /** The cycles in which LayerNorm is busy: it holds the rows of the residual stream throughout. */
  const norms: { readonly from: number; readonly until: number }[] = [];
  const playCycle = (cycle: number) => {
    const now = cycles.get(cycle);
    if (!now) return;
    cycles.delete(cycle);
    const ports = new Map<string, string>();
    for (const { access, by, unit } of now) {
      const other = ports.get(access.port);
      if (other) memory.faults.push(`${access.port} in cycle ${cycle}: ${by} and ${other}`);
      ports.set(access.port, by);
      if (unit !== 'meanPool' || access.write) continue;
      if (norms.some(({ from, until }) => from <= cycle && cycle <= until)) {
        memory.faults.push(`${access.port} in cycle ${cycle}: ${by} while LayerNorm is busy`);
      }
    }
    for (const write of [false, true]) {
      for (const { access, frame, by } of now) {
        if (access.write === write) memory.play(access, frame, by);
      }
    }
  };

  let played = -1;
  const playUntil = (end: number) => {
    while (played < end) playCycle(++played);
  };
  let last = 0;
  for (const { instruction, frame, timing } of issues) {
    const { unit } = instruction;
    const { at } = timing;
    // What an instruction does happens after it is issued.
    playUntil(at);
    const by = `${instruction.label} (frame ${frame})`;
    let end = at;
    for (const access of accessesOf(subject, names, instruction, timing)) {
      const pending = { access, frame, by, unit };
      const others = cycles.get(access.cycle);
      if (others) others.push(pending);
      else cycles.set(access.cycle, [pending]);
      end = Math.max(end, access.cycle);
    }
    if (unit === 'layerNorm') norms.push({ from: at + 1, until: end });
    last = Math.max(last, end);
  }
  playUntil(last);
  return memory.faults;
}
