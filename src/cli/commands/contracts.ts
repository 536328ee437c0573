import type { Accuracy, DesignAccuracyOptions } from '../../accuracy/index.ts';
import type {
  AllocatorName,
  ExploreResult,
  Limits,
  RefusedBits,
  VerifiedPlan,
} from '../../explore/index.ts';
import type { RowKind } from '../../explore/row-kinds.ts';
import type { LossReport, MappedMemory } from '../../plan/index.ts';
import type { SynthReport } from '../../synth/index.ts';
import type { Detected, OnStep } from '../../tools/index.ts';

/** What every command gets beside its options. */
export interface Context {
  readonly onStep: OnStep;
  /** Shows how far a long step is, where people watch. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface BuildOptions {
  /** Output folder; absent means `rtl-out/<name of the design>`. */
  readonly out?: string | undefined;
  /** A plan file that takes the place of the design's target and bits. */
  readonly plan?: string | undefined;
}

export interface BuildResult {
  readonly design: string;
  /** As the user would write it: relative to the current folder where it lies below it. */
  readonly out: string;
  readonly files: readonly string[];
  /** Lines for people, label and value: tile, cycles, memory. */
  readonly summary: readonly (readonly [label: string, value: string])[];
  readonly losses: LossReport;
  readonly memories: readonly MappedMemory[];
  /** Further figures for `--json`. */
  readonly figures?: Readonly<Record<string, unknown>> | undefined;
}

export interface SimOptions {
  readonly images?: number | undefined;
  readonly stalls: boolean;
  readonly seed: number;
  readonly trace: boolean;
}

/** The first value of the RTL that differs from the golden model. */
export interface Mismatch {
  readonly layer: string;
  readonly token: number;
  readonly channel: number;
  readonly cycle: number;
  readonly expected: number;
  readonly got: number;
}

/** One simulated image, for the demo's pictures. */
export interface SimFrame {
  readonly width: number;
  readonly height: number;
  /** Grey values 0..255, row by row. */
  readonly pixels: Uint8Array;
  readonly label?: number | undefined;
  readonly predicted: number;
  /** Values of all layers that differ. */
  readonly mismatches: number;
}

export interface SimResult {
  readonly design: string;
  readonly frames: number;
  readonly layersCompared: number;
  readonly valuesCompared: number;
  readonly mismatches: number;
  readonly cyclesPerFrame: number;
  readonly predictedCyclesPerFrame: number;
  /** 0..1 */
  readonly macUtilization: number;
  /** Share of right predictions, 0..1; null when the images have no labels. */
  readonly top1Rtl: number | null;
  readonly top1Golden: number | null;
  readonly first?: Mismatch | undefined;
  /** Absent unless the cycles are as predicted. */
  readonly losses?: LossReport | undefined;
  /** Other checks that failed, one sentence each: a watchdog, a wrong cycle count, a reset test. */
  readonly failures?: readonly string[] | undefined;
  readonly images?: readonly SimFrame[] | undefined;
  readonly out?: string | undefined;
  readonly trace?: string | undefined;
  readonly framesPerSecond?: number | undefined;
  /** Further lines for people. */
  readonly summary?: readonly (readonly [label: string, value: string])[] | undefined;
  readonly figures?: Readonly<Record<string, unknown>> | undefined;
}

export interface SynthOptions {
  readonly native?: boolean | undefined;
  readonly flatten?: boolean | undefined;
}

export interface SynthResult extends SynthReport {
  readonly design: string;
}

export interface AccuracyResult extends Accuracy {
  readonly design: string;
  /** Files of the pictures. */
  readonly pictures: readonly string[];
}

export interface CheckOptions {
  /** Of an image, where the file leaves it open. */
  readonly image?: readonly [height: number, width: number] | undefined;
}

export interface CheckResult {
  readonly file: string;
  /** Lines for people, label and value. */
  readonly summary: readonly (readonly [label: string, value: string])[];
  readonly figures: Readonly<Record<string, unknown>>;
}

export interface ImportOptions extends CheckOptions {
  /** The design file to write. */
  readonly out: string;
  readonly name?: string | undefined;
  readonly board: string;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** Whether a file that exists may be replaced. */
  readonly force: boolean;
}

export interface ImportResult extends CheckResult {
  readonly out: string;
}

export interface ExploreCommandOptions {
  readonly board?: string | undefined;
  readonly targetFps?: number | undefined;
  readonly bits?: readonly { readonly weights: number; readonly activations: number }[] | undefined;
  /** Kinds of weights to try in some rows of every layer. */
  readonly rows?: readonly RowKind[] | undefined;
  /** How bits are chosen. */
  readonly allocator?: AllocatorName | undefined;
  /** What a plan may take at most. */
  readonly limit?: Limits | undefined;
  /** MHz */
  readonly clock?: readonly number[] | undefined;
  /** File for the plan of the answer. */
  readonly planOut?: string | undefined;
  /** File for the report, a page. */
  readonly out?: string | undefined;
  /** So many images are run to measure the accuracy of the plans. */
  readonly images?: number | undefined;
  /** So many of the best plans are built, synthesized and simulated. */
  readonly verify?: number | undefined;
  readonly workers?: number | undefined;
}

export interface ExploreCommandResult {
  readonly result: ExploreResult;
  readonly refused: readonly RefusedBits[];
  readonly verified: readonly VerifiedPlan[];
  /** The plan file that was written. */
  readonly planFile?: string | undefined;
  /** The page that was written. */
  readonly report?: string | undefined;
}

/**
 * What the commands call. `target` is a design file or a folder made by a build. They throw
 * `DiagnosticsError` for the user's faults and `ToolError` for missing tools; a check that failed
 * is in the result.
 */
export interface Engine {
  build(design: string, options: BuildOptions, context: Context): Promise<BuildResult>;
  simulate(target: string, options: SimOptions, context: Context): Promise<SimResult>;
  synthesize(target: string, options: SynthOptions, context: Context): Promise<SynthResult>;
  measureAccuracy(
    design: string,
    options: DesignAccuracyOptions,
    context: Context,
  ): Promise<AccuracyResult>;
  checkModel(file: string, options: CheckOptions): Promise<CheckResult>;
  importModel(file: string, options: ImportOptions): Promise<ImportResult>;
  explore(
    design: string,
    options: ExploreCommandOptions,
    context: Context,
  ): Promise<ExploreCommandResult>;
  detectTools(): Promise<readonly Detected[]>;
}

/** What a command says when it is done. */
export interface Outcome {
  /** False exits with 1: a check failed; `toolMissing` exits with 3. */
  readonly status: 'ok' | 'failed' | 'toolMissing';
  /** For `--json`; `ok` is added. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}
