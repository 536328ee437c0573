import loadHighs from 'highs';
import { type Allocation, checkProblem, isFeasible, type Problem, total } from './problem.ts';

/** Solves a program in the LP format; the part of HiGHS that is used. */
export interface Solver {
  solve(program: string, options: Readonly<Record<string, boolean | number>>): Solution;
}

interface Solution {
  readonly Status: string;
  readonly Columns: Readonly<Record<string, object>>;
}

/** HiGHS in WebAssembly; costs some tens of milliseconds. */
export function createSolver(): Promise<Solver> {
  // Its types are read as those of a CommonJS module, which has the function as `default`.
  const load = loadHighs as unknown as typeof loadHighs.default;
  return load();
}

/** To the optimum, not to within a gap of it. */
const EXACT = { output_flag: false, mip_rel_gap: 0, mip_abs_gap: 0 };

/** A row is scaled to this limit, of which the solver's tolerance of 1e-6 is then 1e-12. */
const ROW = 1e6;
const LOSSES = 1e6;
/** How much a limit is lowered when a solution breaks it by rounding. */
const LOWER = 1e-9;
const ATTEMPTS = 4;

/**
 * HAWQ-V3 (arXiv 2011.10680, section 3.4): the integer program
 *
 *     minimize sum_ij loss_ij x_ij  with  sum_j x_ij = 1,  sum_ij cost_ij x_ij <= limit,  x_ij in {0, 1}
 *
 * solved to the optimum by HiGHS. Null where no allocation keeps the limits.
 */
export async function hawqV3(problem: Problem, solver?: Solver): Promise<Allocation | null> {
  checkProblem(problem);
  const highs = solver ?? (await createSolver());
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const text = program(problem, attempt * LOWER);
    // A limit below 0 leaves nothing, and the format has no way to say so of an empty row.
    const solution = text === null ? null : highs.solve(text, EXACT);
    if (solution === null || solution.Status === 'Infeasible') return null;
    if (solution.Status !== 'Optimal') throw new Error(`HiGHS ended with ${solution.Status}`);
    const allocation = total(problem, chosenBy(problem, solution));
    if (isFeasible(problem, allocation)) return allocation;
  }
  throw new Error('HiGHS gave an allocation that breaks a limit');
}

const variable = (layer: number, choice: number) => `x${layer}_${choice}`;

function chosenBy({ layers }: Problem, { Columns }: Solution): number[] {
  return layers.map(({ choices }, i) => {
    const of = (j: number) => {
      const column = Columns[variable(i, j)];
      return column && 'Primal' in column ? Number(column.Primal) : 0;
    };
    const chosen = choices.findIndex((_, j) => of(j) > 0.5);
    // A column that no row has is left out: it is the only choice of its layer.
    return Math.max(chosen, 0);
  });
}

/** The program in the LP format, or null where a limit cannot be kept by anything. */
function program({ layers, limits }: Problem, lower: number): string | null {
  const spread = Math.max(...layers.map(({ choices }) => spreadOf(choices.map((c) => c.loss))));
  const scale = spread > 0 ? LOSSES / spread : 1;
  const objective = layers.flatMap(({ choices }, i) => {
    const least = Math.min(...choices.map(({ loss }) => loss));
    return choices.map(({ loss }, j) => `${(loss - least) * scale} ${variable(i, j)}`);
  });
  const ones = layers.map(
    ({ choices }, i) => `one${i}: ${choices.map((_, j) => variable(i, j)).join(' + ')} = 1`,
  );
  const rows: string[] = [];
  for (const [n, { cost, atMost }] of limits.entries()) {
    if (atMost < 0) return null;
    if (atMost === Number.POSITIVE_INFINITY) continue;
    const unit = atMost > 0 ? ROW / atMost : 1;
    const terms = layers.flatMap(({ choices }, i) =>
      choices.flatMap((choice, j) => {
        // What alone is beyond the limit needs no exact number, and its layer cannot take it.
        const share = Math.min((choice.costs[cost] ?? 0) * unit, 2 * Math.max(ROW, 1));
        return share > 0 ? [`${share} ${variable(i, j)}`] : [];
      }),
    );
    const limit = atMost > 0 ? ROW * (1 - lower) : 0;
    if (terms.length > 0) rows.push(`limit${n}: ${joined(terms)} <= ${limit}`);
  }
  const names = layers.flatMap(({ choices }, i) => choices.map((_, j) => variable(i, j)));
  return [
    'Minimize',
    ` loss: ${joined(objective)}`,
    'Subject To',
    ...[...ones, ...rows].map((row) => ` ${row}`),
    'Binary',
    ...names.map((name) => ` ${name}`),
    'End',
    '',
  ].join('\n');
}

/** A term a line: readers of the format have a limit on the length of lines. */
const joined = (terms: readonly string[]) => terms.join('\n  + ');

function spreadOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
