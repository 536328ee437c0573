import type { LossReport } from '../plan/index.ts';
import type { RunStep } from '../tools/index.ts';

export interface SimulateOptions {
  /** Sample images to run, at least 1. */
  readonly images: number;
  /** Whether every handshake is stalled at random. */
  readonly stalls: boolean;
  /** Seed of stalls, of the cycle of the reset, of the initial state and of random images. */
  readonly seed: number;
  /** Whether a waveform of the first two frames is written. */
  readonly trace: boolean;
  /** False saves the compilation and the run that leave a waveform of the first difference. */
  readonly traceMismatch?: boolean | undefined;
  /** Runs the steps of the simulation; `simulationSteps` says how many there are. */
  readonly step?: RunStep | undefined;
  /** Called for each image in order once all have run. */
  readonly onFrame?: ((frame: SimulatedFrame) => void) | undefined;
}

/** One image and what the RTL made of it. */
export interface SimulatedFrame {
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Row-major `[row][column][channel]`, 0..255. */
  readonly pixels: Uint8Array;
  readonly label: number | undefined;
  /** Class of the largest result; -1 when the frame did not come out. */
  readonly predicted: number;
  readonly golden: number;
  /** Values of all layers that differ. */
  readonly mismatches: number;
}

/** The first value that differs. Rows and columns of a tensor are tokens and channels, or queries and keys. */
export interface FirstMismatch {
  /** Name of the tensor of the integer graph. */
  readonly layer: string;
  readonly operation: string;
  readonly head: number | null;
  readonly token: number;
  readonly channel: number;
  readonly frame: number;
  /** Counted from the start of the simulation, which the waveform shows at `10 * cycle` ns. */
  readonly cycle: number;
  readonly expected: number;
  readonly got: number;
  /** Waveform of the cycles around it, relative to the build folder; null when there is none. */
  readonly trace: string | null;
}

export interface SimReport {
  /** Everything below was as it should be. */
  readonly ok: boolean;
  readonly design: string;
  readonly images: number;
  /** Whole frames that were simulated, those of the measuring run included. */
  readonly frames: number;
  /** Tensors of the integer graph that were compared, all their values in every frame. */
  readonly layersCompared: number;
  readonly operationsCompared: number;
  readonly valuesCompared: number;
  readonly mismatches: number;
  readonly first: FirstMismatch | null;
  /** Checks that failed, one sentence each. */
  readonly failures: readonly string[];
  /** From one frame's last result to the next one's, in the steady state, without stalls. */
  readonly cyclesPerFrame: number;
  readonly predictedCyclesPerFrame: number;
  /** Mean of the run with stalls; null without one. */
  readonly cyclesPerFrameStalled: number | null;
  /** From the first frame's first input beat to its last result, both included, without stalls. */
  readonly latencyCycles: number;
  readonly predictedLatencyCycles: number;
  /**
   * What the array does in the cycles of a frame. The cycle model says so; null unless it predicted
   * exactly the cycles that were measured.
   */
  readonly losses: LossReport | null;
  /** Useful products over those that the array could do, 0..1. */
  readonly macUtilization: number;
  /** At the board's clock. */
  readonly framesPerSecond: number;
  /** Share of labelled images whose largest result is that of their label; null without labels. */
  readonly top1Rtl: number | null;
  readonly top1Golden: number | null;
  /** Share of images for which RTL and golden model name the same class. */
  readonly agreement: number;
  /** Waveform that was asked for, relative to the build folder. */
  readonly trace: string | null;
  readonly seconds: { readonly golden: number; readonly compile: number; readonly run: number };
  /** `Verilator 5.006` */
  readonly simulator: string;
  readonly seed: number;
}
