import { CommanderError } from 'commander';
import { type Diagnostic, DiagnosticsError, formatDiagnostic } from '../diagnostics/index.ts';
import { ToolError } from '../tools/tool-error.ts';
import type { Outcome } from './commands/contracts.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

/** Prints a result: text for people on stdout, or, with `json`, one object there and the text on stderr. */
export function reportOutcome(io: Io, outcome: Outcome, json: boolean): number {
  const { status, text } = outcome;
  if (json) {
    io.stderr(`${text}\n`);
    io.stdout(`${JSON.stringify({ ok: status === 'ok', ...outcome.json })}\n`);
  } else {
    io.stdout(`${text}\n`);
  }
  if (status === 'failed') return EXIT.checkFailed;
  return status === 'toolMissing' ? EXIT.tool : EXIT.ok;
}

/** Prints what went wrong and returns the exit code for it. */
export function reportError(io: Io, error: unknown, json: boolean): number {
  if (error instanceof DiagnosticsError) return refuse(io, error.diagnostics, EXIT.userInput, json);
  if (error instanceof ToolError) return refuse(io, [error.diagnostic], EXIT.tool, json);
  if (error instanceof CommanderError) return reportUsage(io, error, json);
  const message = error instanceof Error ? error.message : String(error);
  io.stderr(`Internal error: ${message}\n`);
  if (io.env.VITRUM_DEBUG) {
    io.stderr(`${error instanceof Error ? error.stack : 'no stack'}\n`);
  } else {
    io.stderr('This is a fault of Vitrum. Set VITRUM_DEBUG=1 to see where it happened.\n');
  }
  if (json) io.stdout(`${JSON.stringify({ ok: false, internalError: message })}\n`);
  return EXIT.internal;
}

function refuse(io: Io, diagnostics: readonly Diagnostic[], code: number, json: boolean): number {
  for (const diagnostic of diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`);
  if (json) io.stdout(`${JSON.stringify({ ok: false, diagnostics })}\n`);
  return code;
}

/** Commander has printed its sentence already; help and version are no errors. */
function reportUsage(io: Io, error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return EXIT.ok;
  if (json) {
    const message = error.message.replace(/^error: /, '');
    io.stdout(`${JSON.stringify({ ok: false, diagnostics: [{ code: 'VT001', message }] })}\n`);
  }
  return EXIT.userInput;
}
