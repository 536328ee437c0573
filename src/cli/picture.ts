/** Two pixels above each other per character, in four shades each way: dark to light. */
const SHADES = ' .:*#';

export interface GreyImage {
  readonly width: number;
  readonly height: number;
  /** 0..255, row by row. */
  readonly pixels: Uint8Array;
}

/**
 * A small picture of letters: a character stands for two rows, since characters are about twice
 * as high as wide. Empty rows above and below are left out.
 */
export function picture({ width, height, pixels }: GreyImage): string {
  const rows: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let row = '';
    for (let x = 0; x < width; x++) {
      const upper = pixels[y * width + x] ?? 0;
      const lower = y + 1 < height ? (pixels[(y + 1) * width + x] ?? 0) : upper;
      const shade = Math.round(((upper + lower) / 510) * (SHADES.length - 1));
      row += SHADES[shade];
    }
    rows.push(row.trimEnd());
  }
  while (rows.length > 1 && rows[0] === '') rows.shift();
  while (rows.length > 1 && rows.at(-1) === '') rows.pop();
  return rows.map((row) => `  ${row}`.trimEnd()).join('\n');
}
