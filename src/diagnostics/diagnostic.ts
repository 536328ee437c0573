import { formatPlace, type Place } from './place.ts';

/** One fault of the user's input: what is wrong, where, and what would be legal. */
export interface Diagnostic {
  /** Stable code, `VT` and three digits; see docs/diagnostics.md. */
  readonly code: `VT${number}`;
  /** One sentence that contains the offending value. */
  readonly message: string;
  /** Where: a place in a design, or the name of a file or of a node in it. */
  readonly place?: Place | undefined;
  readonly subject?: string | undefined;
  /** What would be legal. */
  readonly hint?: string | undefined;
}

/**
 * Carries all the faults that one stage found. Thrown at the end of a stage, caught once in the
 * command line, which prints them and exits with 2.
 */
export class DiagnosticsError extends Error {
  override readonly name = 'DiagnosticsError';
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.diagnostics = diagnostics;
  }
}

/** Throws `DiagnosticsError` when there is anything to say. */
export function throwIfAny(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw new DiagnosticsError(diagnostics);
}

/** `VT101 mnist.vit.ts:7:3: 5 heads do not divide the width 64; 4 and 8 do.` */
export function formatDiagnostic(d: Diagnostic): string {
  const where = d.place ? formatPlace(d.place) : d.subject;
  const hint = d.hint ? ` ${d.hint}` : '';
  return `${d.code}${where ? ` ${where}` : ''}: ${d.message}${hint}`;
}
