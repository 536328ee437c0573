import type { IntegerGraph } from '../ir/index.ts';

/** The contents of one memory, or of a run of its words. */
export interface MemoryImage {
  /** Relative to the output folder. */
  readonly path: string;
  /** First and last word. */
  readonly first: number;
  readonly last: number;
  /** One hexadecimal word a line; comments begin with `//`. */
  readonly text: string;
}

export function image(
  path: string,
  first: number,
  comment: string,
  words: readonly string[],
): MemoryImage {
  return {
    path: `mem/${path}.mem`,
    first,
    last: first + words.length - 1,
    text: `// ${comment}\n${words.join('\n')}\n`,
  };
}

/** A memory has at least two words. */
export function padToTwo(words: string[], zero: string): void {
  while (words.length < 2) words.push(zero);
}

export function find<T extends IntegerGraph['nodes'][number]>(
  graph: IntegerGraph,
  name: string,
): T {
  const node = graph.nodes.find((n) => n.output.name === name);
  if (!node) throw new Error(`no node makes ${name}`);
  return node as T;
}
