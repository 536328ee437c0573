/** Rows as aligned columns, two spaces apart; the last column is not padded. */
export function table(
  rows: readonly (readonly string[])[],
  alignRight: readonly number[] = [],
): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...rows.map((row) => (row[c] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, c) => {
          if (alignRight.includes(c)) return cell.padStart(widths[c] ?? 0);
          return c === row.length - 1 ? cell : cell.padEnd(widths[c] ?? 0);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `12,345,678` */
export function thousands(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
