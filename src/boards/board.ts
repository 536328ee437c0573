import { z } from 'zod';

const count = z.int().min(0);

const pinsSchema = {
  /** Frequency of the oscillator on the clock pin. */
  oscillatorMHz: z.number().positive(),
  clock: z.strictObject({ site: z.string() }),
  /** A button that pulls the pin low, since `aresetn` is active low. */
  reset: z.strictObject({ site: z.string(), button: z.string() }),
  leds: z.array(z.string()),
};

/** Which file of `constraints/` is filled in, and with which pins. */
const constraintsSchema = z.discriminatedUnion('template', [
  z.strictObject({ template: z.literal('ooc.xdc') }),
  z.strictObject({ template: z.literal('ulx3s.lpf'), ...pinsSchema }),
  z.strictObject({ template: z.literal('icebreaker.pcf'), ...pinsSchema }),
]);

export const boardSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens'),
  title: z.string(),
  vendor: z.enum(['amd', 'lattice']),
  /** As the vendor's or the open tools take it. */
  part: z.string(),
  /** Chooses the synthesis recipe and the kind of constraints. */
  family: z.enum(['xcup', 'xc7', 'ecp5', 'ice40']),
  resources: z.strictObject({
    /** LUTs of `lutInputs` inputs each. */
    lut: count,
    ff: count,
    /** Multipliers of `dspWidth`. */
    dsp: count,
    /** Block memory in units of 36 kbit, for comparison; see `nativeMemory` for the real blocks. */
    bram36: z.number().min(0),
    uram: count,
  }),
  lutInputs: z.union([z.literal(4), z.literal(6)]),
  /** The memory blocks of devices whose blocks are not of 36 kbit. */
  nativeMemory: z.strictObject({ name: z.string(), count, bits: z.int().positive() }).optional(),
  /** Bits of block memory that can start with contents; UltraRAM and SPRAM start empty and are left out. */
  memoryBits: count,
  /** Signed operand widths of one multiplier. */
  dspWidth: z.strictObject({ a: z.int().positive(), b: z.int().positive() }),
  defaultClockMHz: z.number().positive(),
  /** The board's memory that the fabric reaches, at its highest rate; none where absent. */
  externalMemory: z
    .strictObject({
      /** `4 GB DDR4-2400, 64 bits` */
      title: z.string(),
      bytesPerSecond: z.number().positive(),
      source: z.string(),
    })
    .optional(),
  constraints: constraintsSchema,
  /** Where the figures are from. */
  source: z.strictObject({ document: z.string(), note: z.string() }),
});

/** A board, or any device with a budget of resources. Its JSON file lies in `constraints/boards`. */
export type Board = z.infer<typeof boardSchema>;
