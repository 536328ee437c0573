import type { Operator, OperatorKind } from './work.ts';

/** What bounds a machine: Williams, Waterman and Patterson, CACM 52(4), 2009. */
export interface Machine {
  readonly name: string;
  /** Operations per second at most, two to a product. */
  readonly operationsPerSecond: number;
  /** Bytes per second to and from memory at most. */
  readonly bytesPerSecond: number;
}

export type Bound = 'memory' | 'compute';

export interface RooflinePoint extends Operator {
  /** `min(peak, bandwidth * intensity)`, operations per second. */
  readonly attainable: number;
  readonly bound: Bound;
  /** Seconds for one image at that rate. */
  readonly seconds: number;
}

export interface Roofline {
  readonly machine: Machine;
  /** Intensity at which both bounds meet. */
  readonly ridge: number;
  readonly points: readonly RooflinePoint[];
  readonly operations: number;
  readonly bytes: number;
}

/** Every operator under the roof of a machine. Throws RangeError for a machine without either. */
export function roofline(operators: readonly Operator[], machine: Machine): Roofline {
  const { operationsPerSecond: peak, bytesPerSecond: bandwidth } = machine;
  if (!(peak > 0) || !(bandwidth > 0)) {
    throw new RangeError(`${machine.name} has a peak of ${peak} and a bandwidth of ${bandwidth}`);
  }
  const points = operators.map((work): RooflinePoint => {
    const attainable = Math.min(peak, bandwidth * work.intensity);
    const bound = bandwidth * work.intensity < peak ? 'memory' : 'compute';
    return { ...work, attainable, bound, seconds: work.operations / attainable };
  });
  const sum = (of: (work: Operator) => number) => operators.reduce((all, o) => all + of(o), 0);
  return Object.freeze({
    machine,
    ridge: peak / bandwidth,
    points,
    operations: sum((o) => o.operations),
    bytes: sum((o) => o.bytes),
  });
}

/** Operators of the same kind and work, which all blocks of a model have. */
export interface OperatorGroup<O extends Operator = Operator> {
  /** The first of them. */
  readonly operator: O;
  readonly kind: OperatorKind;
  readonly count: number;
}

/** Groups in the order of their first members. */
export function groupOperators<O extends Operator>(operators: readonly O[]): OperatorGroup<O>[] {
  const groups = new Map<string, { operator: O; kind: OperatorKind; count: number }>();
  for (const operator of operators) {
    const { kind, operations, traffic } = operator;
    const key = JSON.stringify([kind, operations, traffic]);
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { operator, kind, count: 1 });
  }
  return [...groups.values()];
}
