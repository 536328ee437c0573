import type { Bits } from './checks.ts';

type Projection = 'query' | 'key' | 'value';

/** Layers with weights, as far as a type can say it: which blocks there are is the model's. */
export type WeightLayer =
  | 'patchEmbedding'
  | 'head'
  | `block${number}.attention.${Projection | 'output'}`
  | `block${number}.mlp.linear${number}`;

/** Tensors that a product reads. */
export type ActivationLayer =
  | 'input'
  | 'norm'
  | 'embedding.norm'
  | `block${number}.${'attention' | 'mlp'}.norm`
  | `block${number}.attention.${Projection | 'probabilities' | 'weighted'}`
  | `block${number}.mlp.linear${number}`;

/** No value has this type; it is no string, because a number and a string have no type together. */
interface Fault<Sentence extends string> {
  readonly fault: Sentence;
}

type BitsOf<Name extends string, B> = B extends number
  ? Bits<Name, B> extends infer Sentence extends string
    ? Fault<Sentence>
    : B
  : B;

type OwnBits<K extends string, S> = {
  [P in keyof S]: P extends 'weights'
    ? K extends WeightLayer
      ? BitsOf<'weights', S[P]>
      : Fault<`${K} has no weights`>
    : P extends 'activations'
      ? K extends ActivationLayer
        ? BitsOf<'activations', S[P]>
        : Fault<`${K} writes no activations`>
      : Fault<'weights and activations are legal'>;
};

/** Bits by layer, as they were given where all is legal, else with a fault in place of a value. */
export type CheckedLayers<L> = {
  [K in keyof L]: string extends K
    ? L[K]
    : K extends WeightLayer | ActivationLayer
      ? OwnBits<K, L[K]>
      : Fault<`there is no layer ${K & string}`>;
};

/** What any `layers` are. */
export type AnyLayers = Readonly<
  Record<
    string,
    { readonly weights?: number | undefined; readonly activations?: number | undefined }
  >
>;
