import type { Divides, IsCount } from './arithmetic.ts';

/**
 * Checks of literal settings. Each gives the setting's own type when it is legal or not known
 * (a plain `number`), and otherwise a string literal that says what is wrong, which then stands in
 * the compiler's message: `Type 'number' is not assignable to type '"5 heads do not ..."'`.
 */
export type Count<Name extends string, N extends number> = number extends N
  ? N
  : IsCount<N> extends false
    ? `${Name} is ${N}; a whole number of at least 1 is needed`
    : N;

export type Positive<Name extends string, N extends number> = number extends N
  ? N
  : `${N}` extends '0' | 'NaN' | `-${string}`
    ? `${Name} is ${N}; a number above 0 is needed`
    : N;

export type Heads<H extends number, Width extends number> = number extends H
  ? H
  : IsCount<H> extends false
    ? Count<'heads', H>
    : Divides<H, Width> extends true
      ? H
      : `${H} heads do not divide the width ${Width}`;

/** The side of a square image, or its height and width. */
export type ImageSides = number | readonly [height: number, width: number];

type SideOf<Image extends ImageSides, Axis extends 0 | 1> = Image extends readonly number[]
  ? Image[Axis]
  : Image;

type SideFault<Image extends ImageSides, Axis extends 0 | 1 = 0 | 1> = Axis extends 0 | 1
  ? number extends SideOf<Image, Axis>
    ? never
    : IsCount<SideOf<Image, Axis> & number> extends false
      ? `image is ${SideOf<Image, Axis> & number}; a whole number of at least 1 is needed`
      : never
  : never;

export type ImageSize<Image extends ImageSides> = [SideFault<Image>] extends [never]
  ? Image
  : SideFault<Image>;

export type Patch<P extends number, Image extends ImageSides> = number extends P
  ? P
  : IsCount<P> extends false
    ? Count<'patch', P>
    : false extends Divides<P, SideOf<Image, 0>>
      ? `patch ${P} does not divide the image side ${SideOf<Image, 0>}`
      : false extends Divides<P, SideOf<Image, 1>>
        ? `patch ${P} does not divide the image side ${SideOf<Image, 1>}`
        : P;

export type Depth<D extends number> = D extends 0
  ? '0 blocks; at least 1 is needed'
  : Count<'depth', D>;

export type Bits<Name extends string, B extends number> = number extends B
  ? B
  : B extends 2 | 3 | 4 | 5 | 6 | 7 | 8
    ? B
    : `${B} bits of ${Name}; 2 to 8 are legal`;

export type ResidualBits<B extends number> = number extends B
  ? B
  : B extends 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16
    ? B
    : `${B} bits of residual; 8 to 16 are legal`;

/** `mean` and `std` have one value for each channel. */
export type PerChannel<
  Name extends string,
  V extends readonly number[],
  Channels extends number,
> = number extends V['length'] | Channels
  ? V
  : V['length'] extends Channels
    ? V
    : `${Name} has ${V['length']} values for ${Channels} channels`;

/** One side of a tile divides the other. */
export type TileOutputs<I extends number, O extends number> = number extends O
  ? O
  : IsCount<O> extends false
    ? Count<'outputs', O>
    : true extends Divides<I, O> | Divides<O, I>
      ? O
      : `a tile of ${I} inputs and ${O} outputs: one must divide the other`;

/** Lanes, or tokens side by side, divide both sides of a tile; `What` names them in the message. */
type DividesTile<
  Name extends string,
  What extends string,
  N extends number,
  I extends number,
  O extends number,
> = number extends N
  ? N
  : IsCount<N> extends false
    ? Count<Name, N>
    : [Divides<N, I>, Divides<N, O>] extends [true, true]
      ? N
      : `${What} not divide the tile ${I}x${O}`;

export type TileVector<V extends number, I extends number, O extends number> = DividesTile<
  'vector',
  `a vector of ${V} lanes does`,
  V,
  I,
  O
>;

export type TileTokens<T extends number, I extends number, O extends number> = DividesTile<
  'tokens',
  `${T} tokens side by side do`,
  T,
  I,
  O
>;

type Letter =
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z');
type NameCharacter = Letter | '_' | '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

type OnlyNameCharacters<S extends string> = S extends ''
  ? true
  : S extends `${NameCharacter}${infer Rest}`
    ? OnlyNameCharacters<Rest>
    : false;

/** A name that every tool downstream takes as an identifier: `[a-z][a-z0-9_]*`. */
export type Name<S extends string> = string extends S
  ? S
  : S extends `${Letter}${infer Rest}`
    ? OnlyNameCharacters<Rest> extends true
      ? S
      : `the name ${S} has characters other than a-z, 0-9 and _`
    : `the name ${S} does not begin with a letter a-z`;
