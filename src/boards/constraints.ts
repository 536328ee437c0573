import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { z } from 'zod';
import type { Board } from './board.ts';
import { constraintsFolder } from './load-board.ts';

export interface ConstraintFile {
  /** Relative to the output folder. */
  readonly path: string;
  readonly content: string;
}

const commonContext = {
  top: z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]*$/, 'must be a Verilog identifier'),
  title: z.string(),
  part: z.string(),
  clockMHz: z.string(),
};

/** What the templates may use. They hold layout; every number comes ready to print. */
const contextSchema = z.union([
  z.strictObject({ ...commonContext, periodNs: z.string() }),
  z.strictObject({
    ...commonContext,
    oscillatorMHz: z.string(),
    /** The clock that was planned for is not the oscillator's. */
    needsPll: z.boolean(),
    clockSite: z.string(),
    resetSite: z.string(),
    resetButton: z.string(),
    leds: z.array(z.strictObject({ index: z.int(), site: z.string() })),
  }),
]);

/**
 * Constraint files for a top module with the ports `aclk` and `aresetn`: an out-of-context XDC for
 * AMD devices, clock and reset pins in LPF or PCF for the open boards.
 */
export function emitConstraints(
  board: Board,
  design: { readonly top: string; readonly clockMHz: number },
): ConstraintFile[] {
  const { constraints: settings, title, part } = board;
  const common = { top: design.top, title, part, clockMHz: decimal(design.clockMHz) };
  const context =
    settings.template === 'ooc.xdc'
      ? { ...common, periodNs: decimal(1000 / design.clockMHz) }
      : {
          ...common,
          oscillatorMHz: decimal(settings.oscillatorMHz),
          needsPll: settings.oscillatorMHz !== design.clockMHz,
          clockSite: settings.clock.site,
          resetSite: settings.reset.site,
          resetButton: settings.reset.button,
          leds: settings.leds.map((site, index) => ({ index, site })),
        };
  const source = readFileSync(join(constraintsFolder, `${settings.template}.hbs`), 'utf8');
  const render = Handlebars.compile(source, { noEscape: true, strict: true });
  const content = render(contextSchema.parse(context));
  const name =
    settings.template === 'ooc.xdc'
      ? `${design.top}_ooc.xdc`
      : `${design.top}.${settings.template.split('.')[1]}`;
  return [{ path: `constraints/${name}`, content }];
}

/** At most three decimals, which is a picosecond or a kilohertz. */
function decimal(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
