import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';

const folder = fileURLToPath(new URL('../../templates/', import.meta.url));

/**
 * Fills `templates/<name>.hbs`. Templates hold layout only: a name that the context lacks is an
 * error, nothing is escaped, and everything computed arrives as text or numbers ready to print.
 */
export function render(name: string, context: Readonly<Record<string, unknown>>): string {
  const source = readFileSync(`${folder}${name}.hbs`, 'utf8');
  return Handlebars.compile(source, { noEscape: true, strict: true })(context);
}
