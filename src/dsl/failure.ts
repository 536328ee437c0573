import path from 'node:path';
import type { Diagnostic } from '../diagnostics/index.ts';
import { codes, fault, show } from './faults.ts';
import { errorPlace, filePath, relativePlace } from './place.ts';
import type { Sources } from './source-places.ts';

/**
 * What kept a design from being evaluated, as diagnostics: a syntax error in a file that it
 * imports, an import that leads nowhere, or an exception of its own code.
 */
export function describeFailure(
  error: unknown,
  folder: string,
  file: string,
  sources: Sources,
): readonly Diagnostic[] {
  if (!(error instanceof Error)) {
    return [fault(codes.exception, undefined, file, `The design threw ${show(error)}.`)];
  }
  const thrownAt = errorPlace(error);
  const place = thrownAt && relativePlace(thrownAt, folder);
  return (
    syntaxError(error, folder) ??
    missingModule(error, folder, file, sources) ??
    missingExport(error, file, sources) ?? [
      fault(
        codes.exception,
        place,
        place ? undefined : file,
        `The design threw ${error.name}: ${relativeText(firstLine(error.message), folder)}.`,
      ),
    ]
  );
}

/** esbuild's message: `Transform failed with 1 error:` and `FILE:LINE:COLUMN: ERROR: TEXT`. */
function syntaxError(error: Error, folder: string): readonly Diagnostic[] | undefined {
  const found = [...error.message.matchAll(/^(.+):(\d+):(\d+): ERROR: (.+)$/gm)];
  if (found.length === 0) return undefined;
  return found.map(([, source = '', line, column, text]) => {
    // esbuild counts columns from 0.
    const at = { file: filePath(source) ?? source, line: Number(line), column: Number(column) + 1 };
    return fault(codes.syntax, relativePlace(at, folder), undefined, `${text}.`);
  });
}

/** Node's message: `Cannot find module '/x/blocks.ts' imported from /x/my.vit.ts?tsx-namespace=..` */
function missingModule(error: Error, folder: string, file: string, sources: Sources) {
  const code: unknown = Reflect.get(error, 'code');
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'ERR_UNSUPPORTED_DIR_IMPORT') return undefined;
  const [, target = '', importer = ''] =
    error.message.match(/'([^']+)'.*? imported from '?([^']+?)'?$/m) ?? [];
  const from = relativePlace({ file: plain(importer), line: 1, column: 1 }, folder).file;
  const specifier = path.isAbsolute(plain(target)) ? specifierOf(importer, target) : target;
  const inSource = [specifier, specifier.replace(/\.ts$/, '.js'), specifier.replace(/\.ts$/, '')]
    .map((s) => sources.importOf(from, { specifier: s }))
    .find((at) => at !== undefined);
  const message = `${from || file} imports '${specifier}', which does not exist.`;
  const hint = 'A file is imported with its ending: ./blocks.ts.';
  return [fault(codes.unresolvedImport, inSource, inSource ? undefined : from, message, hint)];
}

/** `./blocks.ts`, as the importing file would have written it. */
function specifierOf(importer: string, target: string): string {
  const relative = relativePlace(
    { file: plain(target), line: 1, column: 1 },
    path.dirname(plain(importer)),
  ).file;
  return relative.startsWith('.') ? relative : `./${relative}`;
}

/** V8's message: `The requested module 'vitrum' does not provide an export named 'vitt'` */
function missingExport(error: Error, file: string, sources: Sources) {
  const found = error.message.match(
    /requested module '([^']+)' does not provide an export named '([^']+)'/,
  );
  if (error.name !== 'SyntaxError' || !found) return undefined;
  const [, specifier = '', name = ''] = found;
  const place = sources.importOf(file, name === 'default' ? { specifier } : { name });
  const module = plain(specifier);
  const from = path.isAbsolute(module) ? path.basename(module) : specifier;
  const message = `'${from}' exports no ${name}.`;
  return [fault(codes.unresolvedImport, place, place ? undefined : file, message)];
}

const plain = (source: string) => filePath(source) ?? source.replace(/[?#].*$/, '');

const firstLine = (text: string) => (text.split('\n')[0] ?? '').replace(/\.$/, '');

/** Without the folder's own path, which says nothing to the reader. */
const relativeText = (text: string, folder: string) => text.replaceAll(folder + path.sep, '');
