import type { DescriptorTable } from '../lower/index.ts';

/** Fields of this name are masks, written in binary. */
const MASK = 'need_';

/** A table of operations laid out in columns, ready to print. */
export interface PrintedTable {
  /** Names of the fields above their columns, as a comment. */
  readonly header: string;
  readonly rows: readonly {
    readonly select: string;
    readonly word: string;
    readonly comment: string;
  }[];
}

/**
 * Lays out the rows of a descriptor table as concatenations, the first field in the high bits.
 * Columns are aligned under the names of their fields.
 *
 * @param selectBits bits of the number by which a row is chosen
 * @param indent columns before the concatenation, for the header to match
 * @param named names that stand for the values of a field
 */
export function printTable(
  table: DescriptorTable,
  selectBits: number,
  indent: number,
  named: Readonly<Record<string, readonly string[]>> = {},
): PrintedTable {
  const fields = table.fields.map((f, index) => ({ ...f, index }));
  const cell = (values: readonly number[], { name, bits, index }: (typeof fields)[number]) => {
    const value = values[index] as number;
    if (name.startsWith(MASK)) return `${bits}'b${value.toString(2).padStart(bits, '0')}`;
    return named[name]?.[value] ?? literal(value, bits);
  };
  const widths = fields.map((f) =>
    Math.max(f.name.length, ...table.rows.map((row) => cell(row.values, f).length)),
  );
  const selects = table.rows.map((_, i) => `${selectBits}'d${i}`);
  const selectWidth = Math.max(...selects.map((s) => s.length));
  const join = (cells: readonly string[]) =>
    cells.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ');
  return {
    header: `//${' '.repeat(indent + selectWidth - 1)}${join(fields.map((f) => f.name))}`.trimEnd(),
    rows: table.rows.map((row, i) => ({
      select: (selects[i] as string).padEnd(selectWidth),
      word: `{${fields
        .map((f, column) => {
          const last = column === fields.length - 1;
          return (cell(row.values, f) + (last ? '' : ',')).padEnd(
            (widths[column] ?? 0) + (last ? 0 : 1),
          );
        })
        .join(' ')}}`,
      comment: row.comment,
    })),
  };
}

/** A sized literal; negative numbers as two's complement in hexadecimal. */
function literal(value: number, bits: number): string {
  if (value >= 0) return `${bits}'d${value}`;
  return `${bits}'h${BigInt.asUintN(bits, BigInt(value)).toString(16)}`;
}
