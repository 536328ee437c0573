/** What a measurement found: a table for people, and the same figures as JSON. */
export interface Measured {
  readonly text: string;
  readonly json: unknown;
}
