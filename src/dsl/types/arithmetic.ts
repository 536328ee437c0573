/**
 * Remainders in the type system, by long division in decimal: one step a digit, on tuples no
 * longer than ten times the divisor. A width of 1024 or 4096 costs four steps, not a thousand.
 */
type DigitTuples = {
  '0': [];
  '1': [0];
  '2': [0, 0];
  '3': [0, 0, 0];
  '4': [0, 0, 0, 0];
  '5': [0, 0, 0, 0, 0];
  '6': [0, 0, 0, 0, 0, 0];
  '7': [0, 0, 0, 0, 0, 0, 0];
  '8': [0, 0, 0, 0, 0, 0, 0, 0];
  '9': [0, 0, 0, 0, 0, 0, 0, 0, 0];
};

type TenTimes<T extends 0[]> = [...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T];

/** A tuple as long as the decimal number `Digits` says. */
type TupleOf<
  Digits extends string,
  Length extends 0[] = [],
> = Digits extends `${infer D extends keyof DigitTuples}${infer Rest}`
  ? TupleOf<Rest, [...TenTimes<Length>, ...DigitTuples[D]]>
  : Length;

type Reduce<N extends 0[], Divisor extends 0[]> = N extends [...Divisor, ...infer Rest extends 0[]]
  ? Reduce<Rest, Divisor>
  : N;

type Divide<
  Digits extends string,
  Divisor extends 0[],
  Remainder extends 0[] = [],
> = Digits extends `${infer D extends keyof DigitTuples}${infer Rest}`
  ? Divide<Rest, Divisor, Reduce<[...TenTimes<Remainder>, ...DigitTuples[D]], Divisor>>
  : Remainder['length'];

/** A literal that is a whole number of at least 1: no sign, no point, no exponent, not 0. */
export type IsCount<N extends number> = `${N}` extends
  | '0'
  | 'NaN'
  | `${string}Infinity`
  | `-${string}`
  | `${string}.${string}`
  | `${string}e${string}`
  ? false
  : true;

/** A literal of more than three digits would need tuples beyond what TypeScript allows. */
type IsLong<D extends number> = `${D}` extends `${infer _A}${infer _B}${infer _C}${infer Rest}`
  ? Rest extends ''
    ? false
    : true
  : false;

/**
 * Whether `D` divides `N`. `true` also where the types cannot tell (a plain `number`, a divisor of
 * 1000 or more, something that is no count at all): the check at run time decides then.
 */
export type Divides<D extends number, N extends number> = number extends D | N
  ? true
  : [IsCount<D>, IsCount<N>, IsLong<D>] extends [true, true, false]
    ? 0 extends Divide<`${N}`, TupleOf<`${D}`>>
      ? true
      : false
    : true;
