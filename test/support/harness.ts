import { hexWord } from '../../src/lower/hex.ts';

/** An input or output of the unit under test; `lanes` numbers of `bits` each, lane 0 lowest. */
export interface Port {
  readonly name: string;
  readonly bits: number;
  readonly lanes?: number;
  readonly signed?: boolean;
}

/** What the unit's inputs are in one cycle; what is left out is 0. */
export type Cycle = Readonly<Record<string, number | readonly number[]>>;

/** A unit with everything around it that is not a number per cycle: parameters, memories. */
export interface Bench {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Verilog that connects the ports, which are nets of the same names, and `clk`, to the unit. */
  readonly body: string;
}

/** What a run showed. */
export interface Trace {
  readonly cycles: number;
  /** Lane of an output in a cycle; NaN when it has an unknown bit. */
  value(cycle: number, port: string, lane?: number): number;
  /** All lanes. */
  lanes(cycle: number, port: string): number[];
  /** Whether any bit of an output is unknown. */
  unknown(cycle: number, port: string): boolean;
}

/** Verilator makes an array of 32-bit words only of ports that are wider than 64 bits. */
const LEAST_BITS = 96;

interface Slot extends Port {
  readonly count: number;
  readonly offset: number;
  /** Bits a lane takes on the line: whole digits, so that a lane can be cut out of the text. */
  readonly padded: number;
}

/** Where each port lies on its line. */
function layout(ports: readonly Port[]): { slots: Slot[]; bits: number } {
  let offset = 0;
  const slots = ports.map((port) => {
    const padded = Math.ceil(port.bits / 4) * 4;
    const slot = { ...port, count: port.lanes ?? 1, offset, padded };
    offset += padded * slot.count;
    return slot;
  });
  return { slots, bits: Math.max(LEAST_BITS, Math.ceil(offset / 32) * 32) };
}

/** The module `harness`: all inputs as one vector, all outputs as another. */
export function harnessVerilog({ inputs, outputs, body }: Bench): string {
  const source = layout(inputs);
  const sink = layout(outputs);
  const net = ({ name, bits, count }: Slot) => `  wire [${bits * count - 1}:0] ${name};`;
  const lanes = (slots: readonly Slot[], connect: (slot: Slot, lane: number) => string) =>
    slots.flatMap((slot) => Array.from({ length: slot.count }, (_, lane) => connect(slot, lane)));
  const own = ({ name, bits }: Slot, lane: number) => `${name}[${lane * bits} +: ${bits}]`;
  const used = sink.slots.reduce((sum, slot) => sum + slot.padded * slot.count, 0);
  return [
    'module harness(',
    '  input  wire clk,',
    `  input  wire [${source.bits - 1}:0] stimulus,`,
    `  output wire [${sink.bits - 1}:0] observed`,
    ');',
    ...source.slots.map(net),
    ...sink.slots.map(net),
    ...lanes(source.slots, (s, i) => {
      return `  assign ${own(s, i)} = stimulus[${s.offset + i * s.padded} +: ${s.bits}];`;
    }),
    ...lanes(sink.slots, (s, i) => {
      const zeros = s.padded - s.bits;
      const value = zeros > 0 ? `{${zeros}'d0, ${own(s, i)}}` : own(s, i);
      return `  assign observed[${s.offset + i * s.padded} +: ${s.padded}] = ${value};`;
    }),
    used < sink.bits ? `  assign observed[${sink.bits - 1}:${used}] = 0;` : '',
    body,
    'endmodule',
    '',
  ].join('\n');
}

/** Bits of the harness's two vectors. */
export function harnessBits({ inputs, outputs }: Bench): { stimulus: number; observed: number } {
  return { stimulus: layout(inputs).bits, observed: layout(outputs).bits };
}

/** One line of hexadecimal digits per cycle. */
export function stimulusText({ inputs }: Bench, cycles: Iterable<Cycle>): string {
  const { slots, bits } = layout(inputs);
  const names = new Set(slots.map((slot) => slot.name));
  const lines: string[] = [];
  for (const cycle of cycles) {
    for (const name of Object.keys(cycle)) {
      if (!names.has(name)) throw new Error(`the unit has no input ${name}`);
    }
    let line = '';
    for (const slot of slots) line = slotText(slot, cycle[slot.name] ?? 0) + line;
    lines.push(line.padStart(bits / 4, '0'));
  }
  return `${lines.join('\n')}\n`;
}

function slotText(slot: Slot, value: number | readonly number[]): string {
  const { name, bits, padded, count } = slot;
  const values = typeof value === 'number' ? Array<number>(count).fill(value) : value;
  if (values.length !== count) throw new Error(`${name} has ${count} lanes, not ${values.length}`);
  let text = '';
  for (const lane of values) {
    const code = lane < 0 ? lane + 2 ** bits : lane;
    if (!(code >= 0 && code < 2 ** bits)) throw new Error(`${name} cannot be ${lane}`);
    text = code.toString(16).padStart(padded / 4, '0') + text;
  }
  return text;
}

/** Reads the lines that a simulator printed. */
export function readTrace({ outputs }: Bench, text: string): Trace {
  const slots = new Map(layout(outputs).slots.map((slot) => [slot.name, slot]));
  const lines = text.split('\n').filter((line) => line !== '');
  const digits = (cycle: number, { offset, padded }: Slot, lane: number): string => {
    const line = lines[cycle];
    if (line === undefined) throw new Error(`the run has no cycle ${cycle}`);
    const end = line.length - (offset + lane * padded) / 4;
    return line.slice(end - padded / 4, end);
  };
  const slotOf = (port: string): Slot => {
    const slot = slots.get(port);
    if (!slot) throw new Error(`the unit has no output ${port}`);
    return slot;
  };
  const read = (cycle: number, slot: Slot, lane: number): number => {
    const text = digits(cycle, slot, lane);
    if (/[^0-9a-f]/.test(text)) return Number.NaN;
    const code = Number.parseInt(text, 16);
    return slot.signed && code >= 2 ** (slot.bits - 1) ? code - 2 ** slot.bits : code;
  };
  const lanes = (cycle: number, port: string) => {
    const slot = slotOf(port);
    return Array.from({ length: slot.count }, (_, lane) => read(cycle, slot, lane));
  };
  return {
    cycles: lines.length,
    value: (cycle, port, lane = 0) => read(cycle, slotOf(port), lane),
    lanes,
    unknown: (cycle, port) => lanes(cycle, port).some(Number.isNaN),
  };
}

/** `#(.A(1), .FILE("x.mem"))` */
export type ParameterValue = number | string | { readonly verilog: string };

/** Texts are Verilog strings, except those that are given as Verilog. */
export function parameterList(parameters: Readonly<Record<string, ParameterValue>>): string {
  const list = Object.entries(parameters).map(([name, value]) => {
    const text = typeof value === 'object' ? value.verilog : JSON.stringify(value);
    return `.${name}(${text})`;
  });
  return `#(${list.join(', ')})`;
}

/** The text of a memory file: one word a line. */
export function memoryText(
  words: readonly (readonly number[])[],
  bits: number | readonly number[],
): string {
  return `${words.map((lanes) => hexWord(lanes, bits)).join('\n')}\n`;
}
