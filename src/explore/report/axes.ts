import type { ScaleContinuousNumeric } from 'd3-scale';
import { element, type Markup, text } from './svg.ts';

/** Where a plot lies in its drawing. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

type Scale = ScaleContinuousNumeric<number, number>;

export interface AxisOptions {
  readonly scale: Scale;
  readonly label: string;
  readonly format: (value: number) => string;
  readonly ticks?: readonly number[] | undefined;
}

/** Ticks below the frame, with lines across it. */
export function bottomAxis({ left, right, top, bottom }: Frame, axis: AxisOptions): Markup {
  const { scale, label, format, ticks = scale.ticks(6) } = axis;
  return element(
    'g',
    {},
    ...ticks.map((tick) => {
      const x = scale(tick);
      const line = element('path', { d: `M${round(x)} ${top}V${bottom}`, class: 'grid' });
      return line + text(x, bottom + 18, format(tick), { 'text-anchor': 'middle', class: 'soft' });
    }),
    element('path', { d: `M${left} ${bottom}H${right}`, class: 'axis' }),
    text(right, bottom + 38, label, { 'text-anchor': 'end' }),
  );
}

/** Ticks left of the frame, with lines across it; the label stands above. */
export function leftAxis({ left, right, top }: Frame, axis: AxisOptions): Markup {
  const { scale, label, format, ticks = scale.ticks(5) } = axis;
  return element(
    'g',
    {},
    ...ticks.map((tick) => {
      const y = scale(tick);
      const line = element('path', { d: `M${left} ${round(y)}H${right}`, class: 'grid' });
      return line + text(left - 8, y + 4, format(tick), { 'text-anchor': 'end', class: 'soft' });
    }),
    text(left - 8 - 40, top - 14, label),
  );
}

const round = (x: number) => Math.round(100 * x) / 100;

/** Powers of ten from `low` to `high`. */
export function decades(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
}
