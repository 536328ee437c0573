/**
 * One memory word as hexadecimal text, lane 0 in the least significant bits. Negative codes are
 * written in two's complement.
 *
 * @param lanes codes of the word
 * @param bits bits of each lane
 */
export function hexWord(lanes: readonly number[], bits: number | readonly number[]): string {
  let word = 0n;
  let position = 0n;
  lanes.forEach((code, i) => {
    const width = BigInt(typeof bits === 'number' ? bits : (bits[i] as number));
    word |= BigInt.asUintN(Number(width), BigInt(code)) << position;
    position += width;
  });
  return word.toString(16).padStart(Math.ceil(Number(position) / 4), '0');
}
