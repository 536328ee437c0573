import { type Diagnostic, formatDiagnostic } from '../diagnostics/index.ts';

/**
 * An external tool is missing, too old, broken or too slow. The command line prints its diagnostic
 * and exits with 3. A tool that ran and found a fault of the design is no `ToolError`.
 */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(formatDiagnostic(diagnostic));
    this.diagnostic = diagnostic;
  }
}
