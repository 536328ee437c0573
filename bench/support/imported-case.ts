import { compileLoaded } from '../../src/compile.ts';
import type { Design } from '../../src/dsl/design.ts';
import { writeFolder } from '../../src/emit/index.ts';
import { readGraph, readManifest } from '../../src/emit/read-manifest.ts';
import { isQuantized } from '../../src/import/index.ts';
import { lint, simulate } from '../../src/verify/index.ts';
import {
  besideReference,
  fixtureFolder,
  fixtureNames,
  fixtureRecord,
  importFixture,
} from '../../test/support/onnx-fixtures.ts';
import { simulationFailures } from './sweep-case.ts';

/** What is known of an imported model once it has been simulated. */
export interface ImportedCase {
  readonly name: string;
  readonly kind: string;
  readonly bits: string;
  /** Images on which the golden model has the reference's class, and how many were tried. */
  readonly agreeing: number;
  readonly images: number;
  /** 10 log10 of the power of the reference's logits over that of the difference. */
  readonly decibels: number;
  readonly frames: number;
  readonly valuesCompared: number;
  readonly mismatches: number;
  readonly cycles: number;
  readonly seconds: number;
  readonly failures: readonly string[];
}

/** Two models of each kind, by exporters and structure. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  timm: ['timm_vit-script17', 'timm_scaled-dynamo18'],
  transformers: ['hf_vit-dynamo18', 'hf_deit-script17'],
  torchvision: ['torchvision-script14', 'torchvision-dynamo18'],
  'embedding norm': ['timm_embedding_norm-script17', 'timm_embedding_norm-dynamo18-sim'],
  distilled: ['timm_distilled-dynamo18', 'hf_teacher-script17-sim'],
  'post-norm': ['encoder_post-script17', 'encoder_post_mean-script16-sim'],
  'mean pooling': ['timm_mean-script17', 'timm_mean_class-dynamo18'],
  QDQ: ['ort_int8_channel', 'ort_uint8_asymmetric'],
  'QDQ, distilled': ['ort_distilled_int8', 'ort_teacher_uint8'],
  'QDQ, post-norm': ['ort_post_int8', 'ort_post_mean_uint8'],
  QCDQ: ['brevitas_w4a4-qcdq', 'brevitas_w8a8-qcdq'],
  QONNX: ['brevitas_w4a4-qonnx', 'brevitas_w8a8-qonnx'],
  'QONNX, rounding': ['qonnx_floor', 'qonnx_trunc2'],
  'QONNX, signs': ['qonnx_bipolar', 'qonnx_signs'],
};

/** The models that are run unless others are named, in order of their kinds. */
export function importedNames(all: boolean): readonly string[] {
  return all ? fixtureNames() : Object.values(KINDS).flat();
}

const kindOf = (name: string) =>
  Object.entries(KINDS).find(([, names]) => names.includes(name))?.[0] ?? 'other';

/** Images that ranges come from; the others are simulated. */
const CALIBRATION = 16;

/** Builds a fixture into a folder and checks it there. Throws `ToolError` without Verilator. */
export async function importedCase(
  name: string,
  folder: string,
  frames: number,
): Promise<ImportedCase> {
  const started = performance.now();
  const { model, encoder } = importFixture(name);
  const { channels } = fixtureRecord(name);
  const fromFile = isQuantized(encoder);
  const bits = { weights: 8, activations: 8, residual: 16 };
  const design: Design = {
    kind: 'design',
    name: 'imported',
    model: { ...model, name: 'imported' },
    weights: { kind: 'onnx', file: `${name}.onnx` },
    quant: fromFile ? { ...bits, fromFile: true } : bits,
    calibration: { kind: 'folder', path: `images${channels}.npz`, count: CALIBRATION },
    target: { board: 'kv260', tile: { inputs: 8, outputs: 8, vector: 4 } },
    places: {},
  };
  const { files } = await compileLoaded({ design, folder: fixtureFolder });
  writeFolder(folder, files);
  const { warnings } = await lint(folder);
  const report = await simulate(folder, { images: frames, stalls: true, seed: 1, trace: false });
  const graph = readGraph(folder, readManifest(folder).files.graph);
  const { agreeing, images, decibels } = besideReference(name, graph, Number.POSITIVE_INFINITY);
  return {
    ...{ name, kind: kindOf(name), bits: fromFile ? 'of the file' : 'W8A8' },
    ...{ agreeing, images: images.length, decibels },
    frames,
    valuesCompared: report.valuesCompared,
    mismatches: report.mismatches,
    cycles: report.cyclesPerFrame,
    seconds: (performance.now() - started) / 1000,
    failures: [...warnings, ...simulationFailures(report)],
  };
}

export function importedRow(result: ImportedCase): string {
  const { name, kind, bits, agreeing, images, decibels, failures } = result;
  const { frames, valuesCompared, mismatches, cycles, seconds } = result;
  const line = [
    failures.length === 0 ? 'ok    ' : 'FAILED',
    kind.padEnd(15),
    name.padEnd(30),
    bits.padEnd(11),
    `golden agrees with the reference on ${agreeing}/${images}, ${decibels.toFixed(1)} dB`,
    `RTL: ${frames} frames, ${valuesCompared} values, ${mismatches} mismatches, ${cycles} cycles`,
    `${seconds.toFixed(0)} s`,
  ].join('  ');
  return [line, ...failures.slice(0, 8).map((failure) => `      ${failure}`)].join('\n');
}
