/** What happens to one numbered step of a longer run. */
export interface StepEvent {
  /** From 1. */
  readonly index: number;
  readonly total: number;
  readonly name: string;
  readonly state: 'start' | 'done' | 'failed';
  /** With `done` and `failed`. */
  readonly seconds?: number | undefined;
  /** A short result to show beside the time, `24 tensors`. */
  readonly detail?: string | undefined;
}

export type OnStep = (event: StepEvent) => void;

/** Runs one step; `detail` makes the short result that is shown beside the time. */
export type RunStep = <T>(
  name: string,
  work: () => T | Promise<T>,
  detail?: (value: T) => string,
) => Promise<T>;

/**
 * Numbers and times the steps of a run and reports each to `onStep`. A step that throws is reported
 * as failed and throws on.
 */
export function stepper(total: number, onStep: OnStep = () => {}): RunStep {
  let count = 0;
  return async (name, work, detail) => {
    count += 1;
    const base = { index: count, total, name };
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    onStep({ ...base, state: 'start' });
    try {
      const value = await work();
      onStep({ ...base, state: 'done', seconds: seconds(), detail: detail?.(value) });
      return value;
    } catch (error) {
      onStep({ ...base, state: 'failed', seconds: seconds() });
      throw error;
    }
  };
}
