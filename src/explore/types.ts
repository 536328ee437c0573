import type { Board } from '../boards/index.ts';
import type { MultiplierKind } from '../dsl/design.ts';
import type { MixedRows } from '../dsl/quant-method.ts';
import type { LossReport, MappedMemory } from '../plan/index.ts';

/** Bits of one layer; those of the whole plan where absent. */
export interface LayerBits {
  /** Bits of the weights, 2..8. */
  readonly weights?: number | undefined;
  /** Bits of the activations that it makes, 2..8. */
  readonly activations?: number | undefined;
}

/** Bits of the numbers of a plan. A layer has the name of its output: `block3.mlp.linear0`. */
export interface PlanBits {
  /** Bits of weights, 2..8. */
  readonly weights: number;
  /** Bits of activations and probabilities, 2..8. */
  readonly activations: number;
  /** Bits of the residual stream, 8..16. */
  readonly residual: number;
  /** Bits of the image's codes, the head's input, and the first and last weights; null: as the rest. */
  readonly ends: number | null;
  /**
   * Output channels of every layer with weights of another kind, in the tile's own numbers; null
   * where there are none.
   */
  readonly rows: MixedRows | null;
  /** Layers that differ; null where all are alike. */
  readonly layers: Readonly<Record<string, LayerBits>> | null;
}

/** The tile of the array, in the names of docs/architecture.md. */
export interface PlanTile {
  /** TP: tokens side by side. */
  readonly tokens: number;
  /** TI: input channels multiplied per cycle. */
  readonly inputs: number;
  /** TO: output channels per cycle. */
  readonly outputs: number;
  /** VL: lanes of LayerNorm, softmax and pooling. */
  readonly vector: number;
}

/** Widths of the AXI4 bus to external weights, in bits. */
export type WeightBus = 64 | 128 | 256 | 512;

/**
 * Everything that a search chooses: one point of its space, and what `plan.json` holds. From the same
 * design and point the compiler makes the same bytes; the rest (schedule, addresses, buffers) follows.
 */
export interface PlanPoint {
  /** Name of a board, or a path to a board file as the user gave it. */
  readonly board: string;
  readonly clockMHz: number;
  /** Null where the design's integers are not to be chosen: an integer design, or a quantized file. */
  readonly bits: PlanBits | null;
  readonly tile: PlanTile;
  /** How products are made: `single` a multiplier each, `double` and `quad` packed in DSPs, `lut`. */
  readonly multipliers: MultiplierKind;
  /**
   * Outputs of the tile, the last ones, whose products are on LUTs while the others are on DSPs;
   * 0 .. TO-1, and 0 for `lut`.
   */
  readonly lutOutputs: number;
  /** What these multiply: `all` operands as the others, or `weights` alone, in their bits. */
  readonly lutOperands: 'all' | 'weights';
  /** Instances of the DSP primitive instead of portable Verilog; for `double` and `quad`. */
  readonly primitives: boolean;
  /** Where the weights lie. */
  readonly weights: 'onChip' | 'external';
  /** Bits of the bus to external weights; null where the weights lie on chip. */
  readonly weightBus: WeightBus | null;
}

/** Resources that a board has and a plan needs, by the names of a board's file. */
export const resourceNames = ['lut', 'ff', 'dsp', 'bram36', 'uram'] as const;
export type ResourceName = (typeof resourceNames)[number];

/** Counts of a need: LUTs, flip-flops, DSPs, blocks of 36 kbit, UltraRAMs. */
export type Need = Readonly<Record<ResourceName, number>>;

/** What a plan may take at most, where a user wants less than a board has. */
export interface Limits {
  readonly lut?: number | undefined;
  readonly dsp?: number | undefined;
  readonly bram36?: number | undefined;
  readonly uram?: number | undefined;
  readonly latencyMs?: number | undefined;
  /** Memory for weights on chip, in units of 1024 bits. */
  readonly weightKbit?: number | undefined;
  /** Weights from external memory, in 10^9 bytes a second. */
  readonly bandwidth?: number | undefined;
}

export const limitNames = [
  ...(['lut', 'dsp', 'bram36', 'uram', 'latencyMs', 'weightKbit', 'bandwidth'] as const),
] as const satisfies readonly (keyof Limits)[];

/** What a plan takes more of than of anything else. */
export interface Binding {
  /** `memory` is bits of block memory, on boards whose blocks are not of 36 kbit. */
  readonly resource: Exclude<ResourceName, 'ff'> | 'memory';
  readonly need: number;
  /** What the search may take of the board: less than the board has. */
  readonly budget: number;
  /** `need / budget`; at most 1 for a plan that fits. */
  readonly share: number;
}

/** How good a plan's answers are. */
export interface PointAccuracy {
  /** `top1` in 0..1, higher is better; `sqnr` in dB, a proxy where no labels or images are given. */
  readonly metric: 'top1' | 'sqnr';
  readonly value: number;
  /** `measured`: this configuration was run; `predicted`: added up from single layers; or a proxy. */
  readonly how: 'measured' | 'predicted' | 'proxy';
  /** Images that it was measured on. */
  readonly images: number;
}

/** What is known of a point. Cycles are exact, resources estimated. */
export interface Evaluation {
  /** Steady state, from one frame's last result to the next one's. */
  readonly cyclesPerFrame: number;
  /** From a frame's first input word to its last result, both included, in cycles. */
  readonly latencyCycles: number;
  readonly framesPerSecond: number;
  readonly latencyMs: number;
  /** Useful products over what the array could do in a frame's time, 0..1. */
  readonly utilization: number;
  readonly need: Need;
  /** Bits in block memories that are used. */
  readonly memoryBits: number;
  /** Bytes of weights read from external memory for a frame; 0 on chip. */
  readonly weightBytes: number;
  /** Whether `binding.share` is at most 1. */
  readonly fits: boolean;
  readonly binding: Binding;
  /** Null: not measured. */
  readonly accuracy: PointAccuracy | null;
}

export interface ExploredPlan {
  readonly point: PlanPoint;
  readonly evaluation: Evaluation;
}

/** A part of the engine and what it needs; the parts add up to the need of the plan. */
export interface ModuleNeed {
  /** `array`, `memories`, `epilogue`, ... */
  readonly name: string;
  readonly need: Need;
}

/** What is worked out for one plan alone. */
export interface PlanDetails {
  /** Cycles of a frame by layer and cause. */
  readonly losses: LossReport;
  /** Where every memory lies. */
  readonly memories: readonly MappedMemory[];
  readonly modules: readonly ModuleNeed[];
  /** Where bias and multiplier of output channels lie. */
  readonly parameters: 'onChip' | 'external';
  /** Frames that are in the engine at the same time: the next one's input, and this one. */
  readonly framesInFlight: number;
}

/** Another way to reach a target that the board misses. */
export interface Alternative {
  /** What was changed: the board, or the bits. */
  readonly kind: 'board' | 'precision';
  readonly plan: ExploredPlan;
}

/** How much was searched, and how fast. */
export interface SearchCounts {
  /** Points of the space. */
  readonly points: number;
  /** Of these: cycles and resources worked out. */
  readonly evaluated: number;
  /** Of these: cut by a proven bound without being worked out. */
  readonly cut: number;
  /** Of the evaluated: taken from the store of an earlier run. */
  readonly stored: number;
  /** Of the evaluated: within the budget of the board. */
  readonly fitting: number;
  /** Seconds of wall clock, calibration left out. */
  readonly seconds: number;
  readonly workers: number;
  /**
   * Whose weights may come late over the bus, and that were not worked out cycle by cycle; they are
   * in no answer and in no front.
   */
  readonly unsettled: number;
  /** Points worked out in this run, per second in which a worker was at work; null: none were. */
  readonly plansPerSecondAndCore: number | null;
}

/** Bits layer by layer, and what came of them. */
export interface AllocationReport {
  readonly allocator: string;
  /** How the sensitivity of layers is known. */
  readonly how: 'measured' | 'proxy';
  readonly images: number;
  /** Noise over signal of the logits that the losses of the layers add up to. */
  readonly predicted: number;
  /** The same when the whole configuration was run; null for a proxy. */
  readonly measured: number | null;
  /** Bits of a weight on the average: those taken, and those that there is room for. */
  readonly weightBits: number;
  readonly room: number;
  /** The best plan with the same bits in every layer, and the noise expected of it; null: none. */
  readonly uniform: { readonly plan: ExploredPlan; readonly predicted: number } | null;
  /** Whether the answer is of bits by layer; else the uniform one loses less. */
  readonly taken: boolean;
}

export interface ExploreResult {
  readonly design: string;
  readonly board: Board;
  /** Frames per second asked for; null without a target. */
  readonly targetFps: number | null;
  /** Whether the answer reaches the target; true without one. */
  readonly reached: boolean;
  /**
   * With a target the most precise plan that reaches it, of these the one that takes least of the
   * board, or the fastest of all where none does. Without a target the fastest at the design's own
   * bits. Null where nothing fits the board.
   */
  readonly answer: (ExploredPlan & { readonly details: PlanDetails }) | null;
  /** Where nothing fits the board, the plan that comes nearest to it; else null. */
  readonly nearest: ExploredPlan | null;
  /**
   * Plans of which none is worse than another in frames per second, every resource and precision
   * (accuracy where measured, else bits), fastest first.
   */
  readonly front: readonly ExploredPlan[];
  /** How the bits of layers were chosen; null where they are uniform. */
  readonly allocation: AllocationReport | null;
  /** Plans that reach the target otherwise, nearest first; empty where it is reached. */
  readonly alternatives: readonly Alternative[];
  readonly counts: SearchCounts;
}
