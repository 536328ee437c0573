/** Finds the places of the values of a JSON text by their path: `nodes[3].residual.shift`. */
export type FindPlace = (path: string) => { readonly line: number; readonly column: number };

/** `nodes[3].residual.shift` */
export function pathName(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${String(key)}`,
    '',
  );
}

/** A manifest's fields are at most this deep; what lies deeper has the place of what holds it. */
const MAX_DEPTH = 5;

/** @param text JSON that has been parsed, so that nothing here needs to be checked again */
export function findPlaces(text: string): FindPlace {
  const offsets = offsetsOf(text);
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  return (path) => {
    let known = path;
    while (known !== '' && !offsets.has(known)) known = known.replace(/(\.?[^.[]+|\[\d+\])$/, '');
    const offset = offsets.get(known) ?? 0;
    const line = lines.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (lines[line] ?? 0) + 1 };
  };
}

/** Offset of every member of an object, and of every element that is an object, by path. */
function offsetsOf(text: string): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  let at = 0;
  const skipSpace = () => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const string = (): string => {
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at++;
    return text.slice(start, at);
  };
  /** Without a record of what is inside. */
  const skipValue = () => {
    for (let depth = 0; at < text.length; ) {
      const c = text[at] as string;
      if (c === '"') string();
      else if (depth === 0 && /[,\]}]/.test(c)) return;
      else {
        if (c === '{' || c === '[') depth++;
        else if (c === '}' || c === ']') depth--;
        at++;
      }
    }
  };
  const value = (path: readonly PropertyKey[]): void => {
    skipSpace();
    const open = text[at];
    const close = open === '{' ? '}' : ']';
    if ((open !== '{' && open !== '[') || path.length >= MAX_DEPTH) {
      skipValue();
      return;
    }
    at++;
    for (let index = 0; ; index++) {
      skipSpace();
      if (text[at] === ',') at++;
      skipSpace();
      if (at >= text.length || text[at] === close) break;
      const start = at;
      const key = open === '{' ? String(JSON.parse(string())) : index;
      if (open === '{') {
        skipSpace();
        at++;
        offsets.set(pathName([...path, key]), start);
      } else if (text[at] === '{') {
        offsets.set(pathName([...path, key]), start);
      }
      value([...path, key]);
    }
    at++;
  };
  value([]);
  return offsets;
}
