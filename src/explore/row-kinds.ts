import type { MixedRows } from '../dsl/quant-method.ts';

/** A kind of weights for some of the rows of every layer. */
export type RowKind = Pick<MixedRows, 'kind' | 'bits'>;

export const rowKinds = ['fixed', 'powerOfTwo', 'sumOfTwo'] as const satisfies MixedRows['kind'][];

/** Shares of the rows that are tried: those that leave a tile of keys. */
export const ROW_SHARES: readonly (readonly [outputs: number, of: number])[] = [
  [1, 2],
  [2, 3],
  [3, 4],
];

/** Rows of another kind, 1 of 2 instead of 16 of 32. */
export function lowestTerms(rows: MixedRows): MixedRows {
  let [a, b] = [rows.of, rows.outputs];
  while (b > 0) [a, b] = [b, a % b];
  return { ...rows, outputs: rows.outputs / a, of: rows.of / a };
}

const LETTERS: Readonly<Record<MixedRows['kind'], string>> = {
  ...{ fixed: 'F', powerOfTwo: 'P', sumOfTwo: 'S' },
};

/** `1/2 F4`: half of the rows in fixed point of 4 bits. */
export function rowsName(rows: MixedRows): string {
  const { outputs, of } = lowestTerms(rows);
  return `${outputs}/${of} ${LETTERS[rows.kind]}${rows.bits}`;
}

const TITLES: Readonly<Record<MixedRows['kind'], string>> = {
  fixed: 'fixed point',
  powerOfTwo: 'powers of two',
  sumOfTwo: 'sums of two powers of two',
};

/** What the rows are, in words, and their ratio to the others. */
export function rowsText(rows: MixedRows): string {
  const { outputs, of } = lowestTerms(rows);
  return `${rows.outputs} of every ${rows.of} in ${TITLES[rows.kind]} of ${rows.bits} bits, ${outputs}:${of - outputs}`;
}
