import type { Board } from '../boards/index.ts';
import type { Segments } from './memory-segments.ts';

/** How a memory is told to a tool by the attribute `ram_style`. */
export type RamStyle = 'auto' | 'distributed' | 'block' | 'ultra';

/** One kind of memory block of a device, or of LUTs that are a memory. */
export interface MemoryPrimitive {
  readonly name: string;
  readonly style: Exclude<RamStyle, 'auto'>;
  /** Shapes that it can take: words, and bits of a word. */
  readonly shapes: readonly (readonly [words: number, bits: number])[];
  /** Bits that can be written alone; 0 when a word is written as a whole. */
  readonly byte: number;
  readonly bits: number;
  /** LUTs that it takes the place of. */
  readonly luts: number;
  /** For choosing between primitives: in LUTs. */
  readonly cost: number;
  /** Whether it can start with contents. */
  readonly initial: boolean;
}

/** What a block of 18 kbit is worth in LUTs: the choice that Yosys makes on AMD devices. */
const RAMB18_COST = 64.5;

function block(
  name: string,
  deepest: number,
  widths: readonly number[],
  byte: number,
  cost: number,
): MemoryPrimitive {
  // Widths of 9 bits and more have the bits that elsewhere are for parity.
  const shapes = widths.map((bits) => {
    const data = bits % 9 === 0 ? (bits / 9) * 8 : bits;
    return [deepest / data, bits] as const;
  });
  const bits = Math.max(...shapes.map(([words, width]) => words * width));
  return { name, style: 'block', shapes, byte, bits, luts: 0, cost, initial: true };
}

function luts(
  name: string,
  shape: readonly [words: number, bits: number],
  count: number,
): MemoryPrimitive {
  const bits = shape[0] * shape[1];
  const cells = { luts: count, cost: count, byte: 0, initial: true } as const;
  return { name, style: 'distributed', shapes: [shape], bits, ...cells };
}

const amdBlocks: readonly MemoryPrimitive[] = [
  block('RAMB18', 16384, [1, 2, 4, 9, 18, 36], 9, RAMB18_COST),
  block('RAMB36', 32768, [1, 2, 4, 9, 18, 36, 72], 9, 2 * RAMB18_COST - 0.5),
];

/** 4096 words of 72 bits with two ports; it starts empty. UG573. */
const ultraRam: MemoryPrimitive = {
  ...{ name: 'URAM288', style: 'ultra', shapes: [[4096, 72]], byte: 9, bits: 4096 * 72 },
  ...{ luts: 0, cost: 8 * RAMB18_COST, initial: false },
};

/**
 * Memories with one write port and one read port on the devices of a family, as the vendors'
 * manuals and the libraries of Yosys have them: UG574 and UG573 for UltraScale+, UG473 and UG474
 * for 7 series, FPGA-TN-02204 for ECP5, FPGA-TN-02002 for iCE40.
 */
export function memoryPrimitives({ family, resources }: Board): readonly MemoryPrimitive[] {
  switch (family) {
    case 'xcup':
      return [
        luts('RAM32M16', [32, 14], 8),
        luts('RAM64M8', [64, 7], 8),
        ...amdBlocks,
        ...(resources.uram > 0 ? [ultraRam] : []),
      ];
    case 'xc7':
      return [luts('RAM32M', [32, 6], 4), luts('RAM64M', [64, 3], 4), ...amdBlocks];
    case 'ecp5':
      return [
        luts('DPR16X4', [16, 4], 6),
        block('DP16KD', 16384, [1, 2, 4, 9, 18, 36], 9, RAMB18_COST),
      ];
    case 'ice40':
      return [block('RAM40_4K', 4096, [2, 4, 8, 16], 1, RAMB18_COST / 4)];
  }
}

/** A number of equal primitives that together are a memory. */
export interface Fit {
  readonly primitive: MemoryPrimitive;
  readonly shape: readonly [words: number, bits: number];
  /** Rows of primitives, of which an address chooses one. */
  readonly deep: number;
  readonly count: number;
  /** In LUTs, with the multiplexers behind the rows. */
  readonly cost: number;
  /** Where the memory is cut into segments, one a row. */
  readonly segments?: Segments;
}

/**
 * The cheapest way to make a memory of `depth` words of `width` bits from a primitive. Words of a
 * deep memory may share a primitive that is wider than they are, side by side from a writable byte
 * on, as Yosys packs them.
 */
export function fitPrimitive(
  primitive: MemoryPrimitive,
  depth: number,
  width: number,
  constant: boolean,
): Fit {
  const fits = primitive.shapes.map((shape): Fit => {
    const [words, bits] = shape;
    const deep = Math.ceil(depth / words);
    const { byte } = primitive;
    const unit = constant ? 1 : byte === 0 || bits < byte ? bits : byte;
    const slot = deep === 1 ? width : Math.ceil(width / unit) * unit;
    const count = unit === bits ? deep * Math.ceil(width / bits) : Math.ceil((deep * slot) / bits);
    // LUTs that a narrow memory leaves over serve others.
    const whole = primitive.style === 'distributed' ? (deep * width) / bits : count;
    const multiplexers = 0.25 * width * (deep - 1);
    return { primitive, shape, deep, count, cost: whole * primitive.cost + multiplexers };
  });
  return fits.reduce((best, fit) => (fit.cost < best.cost ? fit : best));
}
