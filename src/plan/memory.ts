/** Hands out consecutive words of one memory and remembers how many there are. */
export interface Allocator {
  take(words: number): number;
  readonly depth: number;
}

export function allocator(): Allocator {
  let depth = 0;
  return {
    take(words) {
      const base = depth;
      depth += words;
      return base;
    },
    get depth() {
      return depth;
    },
  };
}

/** Keeps equal tables once. */
export interface TableAllocator {
  place(tensor: string, path: string, entries: Int32Array): number;
  readonly segments: readonly {
    readonly tensor: string;
    readonly path: string;
    readonly base: number;
    readonly entries: Int32Array;
  }[];
  readonly depth: number;
}

export function tableAllocator(): TableAllocator {
  const words = allocator();
  const segments: { tensor: string; path: string; base: number; entries: Int32Array }[] = [];
  return {
    place(tensor, path, entries) {
      const same = segments.find((s) => sameEntries(s.entries, entries));
      if (same) return same.base;
      const base = words.take(entries.length);
      segments.push({ tensor, path, base, entries });
      return base;
    },
    segments,
    get depth() {
      return words.depth;
    },
  };
}

function sameEntries(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
