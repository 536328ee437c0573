import { ELABORATED } from './script.ts';

export interface Messages {
  /** Each text once, in order of appearance. */
  readonly warnings: readonly string[];
  /** Warnings that say that the design is wrong. */
  readonly faults: readonly string[];
  /** The last `ERROR:` line, when Yosys gave up. */
  readonly error?: string | undefined;
}

/** After mapping, only these speak of the design; the rest is about Yosys's own cell library. */
const LATE_FAULTS = /has no driver|conflicting drivers|found logic loop/i;

const LATCH = /^Latch inferred for signal `(?<signal>[^']*)'/;

/**
 * Warnings in a Yosys log. Every warning up to the end of elaboration is a fault: resized ports,
 * literals that do not fit, undriven and multiply driven nets, memories that became registers.
 * A latch, which Yosys does not call a warning, is one as well.
 */
export function readMessages(log: string): Messages {
  const warnings = new Set<string>();
  const faults = new Set<string>();
  let error: string | undefined;
  let elaborated = false;
  for (const line of log.split('\n')) {
    if (line.includes(ELABORATED)) elaborated = true;
    const signal = LATCH.exec(line)?.groups?.signal;
    if (signal !== undefined) faults.add(`Latch inferred for ${signal.replaceAll('\\', '')}.`);
    const failed = /(?:^|: )ERROR: (.*)/.exec(line)?.[1];
    if (failed !== undefined) error = line.trim();
    // "ABC: Warning:" comes from the optimizer and says nothing of the design.
    const text = /^(?:.*:\d+: )?Warning: (.*)/.exec(line)?.[0];
    if (text === undefined) continue;
    const message = text.replaceAll('\\', '').trim();
    warnings.add(message);
    if (!elaborated || LATE_FAULTS.test(message)) faults.add(message);
  }
  return { warnings: [...warnings], faults: [...faults], error };
}
