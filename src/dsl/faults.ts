import type { Diagnostic, Place } from '../diagnostics/index.ts';

/** The codes of faults in a design. A code keeps its meaning for ever. */
export const codes = {
  heads: 'VT101',
  patch: 'VT102',
  value: 'VT103',
  unknownSetting: 'VT104',
  missingSetting: 'VT105',
  bits: 'VT106',
  perChannel: 'VT107',
  tile: 'VT108',
  name: 'VT109',
  noBlocks: 'VT110',
  branch: 'VT111',
  branchWidth: 'VT112',
  tooLarge: 'VT113',
  weights: 'VT114',
  manifest: 'VT115',
  images: 'VT116',
  layer: 'VT117',
  fileMissing: 'VT120',
  notTypeScript: 'VT121',
  syntax: 'VT122',
  exception: 'VT123',
  noDesign: 'VT124',
  unresolvedImport: 'VT125',
} as const;

export type FaultCode = (typeof codes)[keyof typeof codes];

/**
 * A diagnostic of a DSL call. `subject` is the dotted path of the setting inside the call's
 * settings object (`target.tile.inputs`), by which the loader finds its own line and column.
 */
export function fault(
  code: FaultCode,
  place: Place | undefined,
  subject: string | undefined,
  message: string,
  hint?: string,
): Diagnostic {
  return Object.freeze({ code, message, place, subject, hint });
}

/** An offending value as a reader would write it, cut where it is long. */
export function show(value: unknown): string {
  if (typeof value === 'string') return cut(JSON.stringify(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return cut(`[${value.map(show).join(', ')}]`);
  if (typeof value === 'object' && value !== null) {
    const from: unknown = Reflect.get(value, 'from');
    return typeof from === 'string' ? `the result of ${from}()` : 'an object';
  }
  return String(value);
}

const cut = (text: string) => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

/** `1, 2 and 4` */
export function list(items: readonly (string | number)[], last = 'and'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;
}

/** The divisors of `n` that lie nearest to `near`, at most `count`, in rising order. */
export function nearestDivisors(n: number, near: number, count = 7): readonly number[] {
  const divisors: number[] = [];
  for (let d = 1; d <= n; d++) if (n % d === 0) divisors.push(d);
  return divisors
    .sort((a, b) => Math.abs(a - near) - Math.abs(b - near) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** `1, 2 and 4 do.`: which divide. */
export function divisorHint(n: number, near: number): string {
  const divisors = nearestDivisors(n, near);
  return `${list(divisors)} ${divisors.length === 1 ? 'does' : 'do'}.`;
}
