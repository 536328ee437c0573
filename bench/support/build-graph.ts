import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import type { Target } from '../../src/dsl/design.ts';
import { emit, type OutputFile } from '../../src/emit/index.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import { lower } from '../../src/lower/index.ts';
import { choosePlan, type Plan } from '../../src/plan/index.ts';

/**
 * The stages of `compile` from an integer graph on. Throws `DiagnosticsError` as they do.
 *
 * @param imageSeed of the noise that the folder is simulated with
 */
export function buildGraph(
  graph: IntegerGraph,
  target: Target,
  imageSeed: number,
): { readonly plan: Plan; readonly files: readonly OutputFile[] } {
  const plan = choosePlan(check(graph), loadBoard(target.board, process.cwd()), target);
  return { plan, files: emit(lower(plan), { kind: 'random', seed: imageSeed }) };
}
