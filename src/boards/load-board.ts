import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Diagnostic, DiagnosticsError, type Place } from '../diagnostics/index.ts';
import { type Board, boardSchema } from './board.ts';
import { nearest } from './nearest.ts';

/** `constraints/` of this package: the boards and the templates of constraint files. */
export const constraintsFolder = fileURLToPath(new URL('../../constraints/', import.meta.url));

/** Names of the boards that Vitrum knows, in alphabetical order. */
export function knownBoards(): string[] {
  return readdirSync(join(constraintsFolder, 'boards'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * Loads a board by name, or from a JSON file when `nameOrPath` ends in `.json` or contains a slash;
 * a relative path counts from `folder`, the folder of the design.
 *
 * Throws `DiagnosticsError`: VT401 unknown board, VT402 file that cannot be read, VT403 file that
 * is no JSON, VT404 one per field that is not as `boardSchema` says.
 */
export function loadBoard(nameOrPath: string, folder: string, place?: Place): Board {
  const byPath = nameOrPath.endsWith('.json') || nameOrPath.includes('/');
  if (byPath) {
    const path = isAbsolute(nameOrPath) ? nameOrPath : resolve(folder, nameOrPath);
    return readBoard(path, nameOrPath, place);
  }
  const known = knownBoards();
  if (!known.includes(nameOrPath)) {
    const guess = nearest(nameOrPath, known);
    const meant = guess === undefined ? '' : `Did you mean ${guess}? `;
    throw new DiagnosticsError([
      {
        code: 'VT401',
        message: `there is no board "${nameOrPath}".`,
        place,
        hint: `${meant}Known boards: ${known.join(', ')}; or give the path of a board file (./my-board.json).`,
      },
    ]);
  }
  return readBoard(join(constraintsFolder, 'boards', `${nameOrPath}.json`), nameOrPath, place);
}

function readBoard(path: string, subject: string, place: Place | undefined): Board {
  const fail = (diagnostics: readonly Omit<Diagnostic, 'place' | 'subject'>[]): never => {
    throw new DiagnosticsError(diagnostics.map((d) => ({ ...d, place, subject })));
  };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? 'unknown cause';
    return fail([
      {
        code: 'VT402',
        message: `the board file ${subject} cannot be read (${cause}).`,
        hint: 'A relative path counts from the folder of the design.',
      },
    ]);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fail([
      {
        code: 'VT403',
        message: `the board file ${subject} is no JSON: ${(error as Error).message}.`,
        hint: 'See constraints/boards/zcu102.json for an example.',
      },
    ]);
  }
  const parsed = boardSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  return fail(
    parsed.error.issues.map((issue) => ({
      code: 'VT404' as const,
      message: `the board file ${subject} is wrong at "${issue.path.join('.') || 'top'}": ${issue.message}.`,
      hint: 'See constraints/boards/zcu102.json for an example.',
    })),
  );
}
