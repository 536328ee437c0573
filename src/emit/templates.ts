import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';

const folder = fileURLToPath(new URL('../../templates/', import.meta.url));

/**
 * Fills `templates/<name>.hbs`. Templates hold layout only: a name that the context lacks is an
 * error, nothing is escaped, and everything computed arrives as text or numbers ready to print.
 *
 * @param partials files that the template is put together from, `{{> name}}` for `name.v.hbs` beside it
 */
export function render(
  name: string,
  context: Readonly<Record<string, unknown>>,
  partials: readonly string[] = [],
): string {
  const read = (file: string) => readFileSync(`${folder}${file}.hbs`, 'utf8');
  const parts = partials.map((part) => [part, read(`${dirname(name)}/${part}.v`)] as const);
  const options = { noEscape: true, strict: true };
  return Handlebars.compile(read(name), options)(context, { partials: Object.fromEntries(parts) });
}
