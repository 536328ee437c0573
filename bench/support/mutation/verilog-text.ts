/** A piece of Verilog that can be mutated. */
export interface Site {
  /** 1 for the first. */
  readonly line: number;
  /** From the start of the line. */
  readonly column: number;
  readonly found: string;
  readonly by: string;
}

/** Operators and what each becomes. Blanks around them tell `a < b` from `a <= b` of an assignment. */
const OPERATORS: readonly (readonly [pattern: RegExp, by: string])[] = [
  [/(?<=[\w)\]}] )\+(?= [\w({~'])/g, '-'],
  [/(?<=[\w)\]}] )-(?= [\w({~'])/g, '+'],
  [/(?<= )<(?= )/g, '<='],
  [/(?<= )>(?= )/g, '>='],
  [/(?<= )>=(?= )/g, '>'],
  [/(?<= )==(?= )/g, '!='],
  [/(?<= )!=(?= )/g, '=='],
  [/(?<= )&&(?= |$)/g, '||'],
  [/(?<= )\|\|(?= |$)/g, '&&'],
  [/(?<=[\w)\]}] )&(?= )/g, '|'],
  [/(?<=[\w)\]}] )\|(?= )/g, '&'],
  [/(?<= )>>>(?= )/g, '>>'],
  [/(?<= )<<(?= )/g, '>>'],
  [/!(?=[a-z(])/g, ''],
  [/~(?=[a-z(])/g, ''],
];

/** Operators of expressions that hold at run time. */
export function operatorSites(text: string): Site[] {
  return codeLines(text).flatMap(({ code, line }) =>
    OPERATORS.flatMap(([pattern, by]) =>
      [...code.matchAll(pattern)].map((m) => ({ line, column: m.index, found: m[0], by })),
    ),
  );
}

/** Sized literals, each with the one bit flipped that `bit` chooses of its width. */
export function literalSites(text: string, bit: (bits: number) => number): Site[] {
  return codeLines(text).flatMap(({ code, line }) =>
    [...code.matchAll(/\b(\d+)'([dbh])([0-9a-f]+)\b/g)].map((m) => {
      const found = m[0];
      return { line, column: m.index, found, by: flipLiteral(found, bit(Number(m[1]))) };
    }),
  );
}

export function flipLiteral(literal: string, bit: number): string {
  const [, bits = '1', base = 'd', digits = '0'] = /^(\d+)'([dbh])([0-9a-f]+)$/.exec(literal) ?? [];
  const radix = base === 'd' ? 10 : base === 'b' ? 2 : 16;
  const prefix = base === 'd' ? '' : base === 'b' ? '0b' : '0x';
  const value = BigInt(prefix + digits) ^ (1n << BigInt(bit));
  return `${bits}'${base}${value.toString(radix)}`;
}

export function applySite(text: string, { line, column, found, by }: Site): string {
  const lines = text.split('\n');
  const old = lines[line - 1] ?? '';
  if (!old.startsWith(found, column)) throw new Error(`line ${line} has no ${found} at ${column}`);
  lines[line - 1] = old.slice(0, column) + by + old.slice(column + found.length);
  return lines.join('\n');
}

/**
 * The lines of logic, with everything blanked out (columns stay) that is none: comments, strings,
 * widths of declarations, and declarations of constants and of sinks for unused nets. Constants
 * are left out because most are sizes, for which a larger one is as right; a module's default
 * parameters because every instance overrides them.
 */
function codeLines(text: string): { readonly code: string; readonly line: number }[] {
  return text.split('\n').flatMap((raw, i) => {
    const code = raw
      .replace(/\/\/.*$/, blank)
      .replace(/"[^"]*"/g, blank)
      .replace(/^(\s*(?:input|output|wire|reg|genvar)\b[^=;[]*)(\[[^\]]*\])/, (_, head, range) => {
        return head + blank(range);
      });
    const skipped = /^\s*(localparam|genvar|for|if \(\w+ > 1\)|`)|\bparameter\b|\bunused|\btap_/;
    return skipped.test(code) ? [] : [{ code, line: i + 1 }];
  });
}

const blank = (text: string) => ' '.repeat(text.length);
