/** A module of an elaborated design in RTLIL, the text format of Yosys. */
export interface RtlilModule {
  /** As RTLIL writes it: `\tiny_top`, or `$paramod$0a1b…\vt_ram` with parameters. */
  readonly id: string;
  /** The name in the Verilog source. */
  readonly name: string;
  readonly text: string;
  /** The module with its ports only: a black box for those who instantiate it. */
  readonly stub: string;
  /** Instances of other modules of the design by id. */
  readonly children: ReadonlyMap<string, number>;
}

/**
 * Cuts the text of a design into its modules. Source attributes are dropped, so that a module that
 * only moved within its file is the same text. Black boxes, the primitives of a vendor, are left out.
 */
export function parseRtlil(text: string): ReadonlyMap<string, RtlilModule> {
  const found: { id: string; lines: string[] }[] = [];
  let pending: string[] = [];
  let current: string[] | null = null;
  for (const line of text.split('\n')) {
    if (/^\s*attribute \\src /.test(line)) continue;
    if (current) {
      current.push(line);
      if (line === 'end') current = null;
    } else if (line.startsWith('attribute ')) {
      pending.push(line);
    } else if (line.startsWith('module ')) {
      current = [...pending, line];
      pending = [];
      found.push({ id: line.slice('module '.length).trim(), lines: current });
    }
  }
  if (current) throw new Error('the RTLIL ends within a module');
  const own = found.filter(({ lines }) => !lines.some((line) => BLACK_BOX.test(line)));
  const ids = new Set(own.map(({ id }) => id));
  return new Map(own.map(({ id, lines }) => [id, describe(id, lines, ids)]));
}

const BLACK_BOX = /^attribute \\blackbox 1$/;

function describe(id: string, lines: readonly string[], ids: ReadonlySet<string>): RtlilModule {
  const children = new Map<string, number>();
  for (const line of lines) {
    const type = /^ {2}cell (\S+) /.exec(line)?.[1];
    if (type !== undefined && ids.has(type)) children.set(type, (children.get(type) ?? 0) + 1);
  }
  const ports = lines.filter((line) => /^ {2}wire .*\b(input|output|inout) \d+ /.test(line));
  const stub = ['attribute \\blackbox 1', `module ${id}`, ...ports, 'end', ''].join('\n');
  return { id, name: plainName(id), text: `${lines.join('\n')}\n`, stub, children };
}

/** `$paramod\counter\W=s32'0…` and `$paramod$0a1b…\counter` are both `counter`. */
function plainName(id: string): string {
  return /^\$paramod[^\\]*\\([^\\]+)/.exec(id)?.[1] ?? id.replace(/^\\/, '');
}

/**
 * The text with the running numbers of Yosys, which depend on everything that was read before,
 * replaced by their order of appearance: equal for equal modules of different designs.
 */
export function canonicalRtlil(text: string): string {
  const numbers = new Map<string, number>();
  const order = (number: string) => {
    const known = numbers.get(number) ?? numbers.size;
    numbers.set(number, known);
    return known;
  };
  return text
    .replace(/\\PRIORITY \d+/g, '\\PRIORITY')
    .replace(/\$(\d+)\b/g, (_, number: string) => `$${order(number)}`);
}
