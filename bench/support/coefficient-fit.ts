import { loadBoard } from '../../src/boards/index.ts';
import { createSolver, type Solver } from '../../src/explore/allocate/hawq-v3.ts';
import type { MemoryOwner } from '../../src/plan/memory-list.ts';
import { memoryMap } from '../../src/plan/memory-map.ts';
import {
  type Features,
  featuresOf,
  type ModelledPart,
  modelledParts,
} from '../../src/plan/resource-model/features.ts';
import type { Coefficients, PartCoefficients } from '../../src/plan/resource-model/model.ts';
import type { UnitGroup } from '../../src/synth/index.ts';
import type { CharacterizedEngine } from './characterized-engine.ts';

/** The groups of a synthesis that a part of the model stands for. */
const groupsOf: Readonly<Record<ModelledPart, readonly UnitGroup[]>> = {
  operands: ['operands'],
  accumulator: ['accumulator'],
  epilogue: ['epilogue', 'gelu'],
  softmax: ['softmax'],
  layerNorm: ['layerNorm'],
  meanPool: ['meanPool'],
  sequencer: ['sequencer'],
  streams: ['streams'],
  memories: ['memories', 'wiring'],
};

const ownersOf: Readonly<Partial<Record<ModelledPart, MemoryOwner>>> = {
  accumulator: 'accumulator',
  epilogue: 'epilogue',
  softmax: 'softmax',
  layerNorm: 'layerNorm',
  sequencer: 'sequencer',
  streams: 'streams',
  memories: 'core',
};

export interface Cells {
  readonly lut: number;
  readonly ff: number;
}

/** Cells of a part that are not in its memories, which have a model of their own. */
export function measuredPart(engine: CharacterizedEngine, part: ModelledPart): Cells {
  let lut = 0;
  let ff = 0;
  for (const group of groupsOf[part]) {
    const cells = engine.groups[group];
    lut += cells.lut + cells.lutram;
    ff += cells.ff;
  }
  const owner = ownersOf[part];
  for (const memory of memoryMap(engine.parameters, loadBoard(engine.board, process.cwd()))
    .memories) {
    if (memory.owner !== owner) continue;
    lut -= memory.lut + memory.lutram;
    ff -= memory.ff;
  }
  return { lut, ff };
}

/** Coefficients of all parts, from the engines that are there to be fitted. */
export async function fitCoefficients(
  engines: readonly CharacterizedEngine[],
  tool: string,
): Promise<Coefficients> {
  const solver = await createSolver();
  const used = engines.filter(({ fitted }) => fitted);
  const parts = modelledParts.map((part) => [part, fitPart(used, part, solver)] as const);
  return { tool, parts: Object.fromEntries(parts) as Coefficients['parts'] };
}

function fitPart(
  engines: readonly CharacterizedEngine[],
  part: ModelledPart,
  solver: Solver,
): PartCoefficients {
  const rows = engines.flatMap((engine) => {
    const features = featuresOf(engine.parameters)[part];
    if (Object.keys(features).length === 0) return [];
    return [{ features, cells: measuredPart(engine, part), whole: wholeCells(engine) }];
  });
  const coefficients = (kind: keyof Cells) =>
    leastAbsolute(
      rows.map(({ features, cells, whole }) => ({
        features,
        value: cells[kind],
        weight: 1 / whole[kind],
      })),
      solver,
    );
  return { lut: coefficients('lut'), ff: coefficients('ff') };
}

export function wholeCells({ groups }: CharacterizedEngine): Cells {
  const all = Object.values(groups);
  return {
    lut: all.reduce((sum, { lut, lutram }) => sum + lut + lutram, 0),
    ff: all.reduce((sum, { ff }) => sum + ff, 0),
  };
}

interface Sample {
  readonly features: Features;
  readonly value: number;
  readonly weight: number;
}

/** Against coefficients that cost more than they explain, as a share of all values. */
const SPARSE = 1e-3;
const DIGITS = 4;

/**
 * Coefficients, none negative, with the least sum of absolute errors, as a linear program: an
 * engine with an unusual part does not bend those of all the others, as it would with squares.
 */
export function leastAbsolute(samples: readonly Sample[], solver: Solver): Features {
  const names = [...new Set(samples.flatMap(({ features }) => Object.keys(features)))];
  if (names.length === 0) return {};
  const weighted = samples.map(({ features, value, weight }) => ({
    value: value * weight * SCALE,
    terms: names.map((name) => (features[name] ?? 0) * weight * SCALE),
  }));
  const mean = names.map(
    (_, k) => weighted.reduce((sum, { terms }) => sum + (terms[k] as number), 0) / samples.length,
  );
  const term = (factor: number, name: string) =>
    `${factor < 0 ? '-' : '+'} ${Math.abs(factor)} ${name}`;
  const objective = [
    ...weighted.map((_, i) => term(1, `e${i}`)),
    ...names.map((_, k) => term(SPARSE * samples.length * (mean[k] as number), `c${k}`)),
  ];
  const constraints = weighted.flatMap(({ value, terms }, i) => {
    const sum = terms.flatMap((t, k) => (t === 0 ? [] : [term(t, `c${k}`)])).join('\n  ');
    return [` above${i}: ${sum} + e${i} >= ${value}`, ` below${i}: ${sum} - e${i} <= ${value}`];
  });
  const program = [
    'Minimize',
    ` error: ${objective.join('\n  ')}`,
    'Subject To',
    ...constraints,
    'End',
    '',
  ];
  const { Status, Columns } = solver.solve(program.join('\n'), { output_flag: false });
  if (Status !== 'Optimal') throw new Error(`HiGHS ended with ${Status}`);
  const found: Record<string, number> = {};
  names.forEach((name, k) => {
    const column = Columns[`c${k}`];
    const value = column && 'Primal' in column ? Number(column.Primal) : 0;
    const rounded = Number(value.toPrecision(DIGITS));
    // Below that it is what the solver leaves over.
    if (rounded > 1e-6) found[name] = rounded;
  });
  return found;
}

/** Shares of a whole are brought to numbers that the tolerances of the solver are small beside. */
const SCALE = 1e4;
