/** One change of one file of a build folder. */
export interface Mutation {
  readonly kind: 'operator' | 'constant' | 'program' | 'memory' | 'golden';
  /** Relative to the build folder. */
  readonly file: string;
  /** 1 for the first. */
  readonly line: number;
  /** `== -> !=`, `bit 3 of 8'd20`, `word 12, bit 5`. */
  readonly change: string;
  /** The whole text of the changed file. */
  readonly text: string;
  /** A reason known from the text alone why the change has no effect. */
  readonly idle?: string | undefined;
  /**
   * The file with other contents at the changed place, far from the right one: when none of these
   * has an effect either, the place is not looked at.
   */
  readonly probes?: readonly string[] | undefined;
}

/** A file with its line `line` (1 for the first) replaced. */
export function replaceLine(text: string, line: number, by: string): string {
  const lines = text.split('\n');
  lines[line - 1] = by;
  return lines.join('\n');
}
