import { type Diagnostic, DiagnosticsError, type Place } from '../diagnostics/index.ts';

/** Collects the faults of one weights file. */
export interface Reporter {
  readonly file: string;
  readonly faults: readonly Diagnostic[];
  add(code: Diagnostic['code'], message: string, hint?: string): void;
  /** Adds a fault after which there is nothing to go on with, and throws all of them. */
  fail(code: Diagnostic['code'], message: string, hint?: string): never;
}

/** @param file name of the file as the user wrote it */
export function createReporter(file: string, place?: Place): Reporter {
  const faults: Diagnostic[] = [];
  const add: Reporter['add'] = (code, message, hint) => {
    faults.push({ code, message, place, subject: file, hint });
  };
  const fail: Reporter['fail'] = (code, message, hint) => {
    add(code, message, hint);
    throw new DiagnosticsError(faults);
  };
  return { file, faults, add, fail };
}
