import type { Random } from '../../../src/arithmetic/index.ts';
import type { Mutation } from './mutation.ts';
import type { Subject } from './subject.ts';
import { applySite, literalSites, operatorSites } from './verilog-text.ts';

/**
 * Replaces one operator, or flips one bit of a sized literal, in the Verilog apart from the
 * program. A file is as likely as it has places. Throws when `files` have none.
 */
export function mutateRtl(
  { manifest, texts }: Subject,
  kind: 'operator' | 'constant',
  { nextInt }: Random,
  files = manifest.files.verilog.filter((file) => !file.endsWith('_program.v')),
): Mutation {
  const sites = files.flatMap((file) => {
    const text = texts.get(file) ?? '';
    const found =
      kind === 'operator'
        ? operatorSites(text)
        : literalSites(text, (bits) => nextInt(0, bits - 1));
    return found.map((site) => ({ ...site, file, text }));
  });
  const site = sites[nextInt(0, sites.length - 1)];
  if (!site) throw new Error('the design has no Verilog to change');
  const line = site.text.split('\n')[site.line - 1] ?? '';
  return {
    kind,
    file: site.file,
    line: site.line,
    change: `${site.found} -> ${site.by || '(none)'} in ${excerpt(line, site.column)}`,
    text: applySite(site.text, site),
    idle: argument(line, site.found),
  };
}

/**
 * A clip is `x < low ? low : x > high ? high : x`. With `<=` it is the same but for crossed limits,
 * which no operation has: src/lower takes them from a range. Yosys, to which limits are inputs like
 * any other, cannot know that.
 */
function argument(line: string, found: string): string | undefined {
  const clip = found === '<' && /\w+ < (wide_)?low\s+\? low_q/.test(line);
  return clip ? 'at the lower limit both sides of the clip give it' : undefined;
}

/** The code around a column, for a reader to recognize. */
function excerpt(line: string, column: number): string {
  const from = Math.max(0, column - 30);
  const code = line.slice(from, column + 30).replace(/\/\/.*$/, '');
  return `"${code.trim()}"`;
}
