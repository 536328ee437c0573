/** A position in a file that a person can open. Lines and columns count from 1. */
export interface Place {
  /** Path relative to the folder of the design file (never absolute, so that outputs carry no machine path). */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `mnist.vit.ts:12:5` */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}
