const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `12,345` */
export function whole(n: number): string {
  return grouped.format(n);
}

/** Three significant digits: `12.3`, `0.0456`, `1,230`. */
export function short(n: number): string {
  if (n === 0 || !Number.isFinite(n)) return String(n);
  const digits = Number(n.toPrecision(3));
  return Math.abs(digits) >= 1000 ? whole(digits) : String(digits);
}

/** `81.4 %` */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const PREFIXES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** `1.23 G` and the unit. */
export function scaled(n: number, unit: string): string {
  const [size, prefix] = PREFIXES.find(([least]) => Math.abs(n) >= least) ?? [1, ''];
  return `${short(n / size)} ${prefix}${unit}`;
}
