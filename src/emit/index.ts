import { createHash } from 'node:crypto';
import { emitConstraints } from '../boards/index.ts';
import { formatPlace } from '../diagnostics/index.ts';
import { serializeGraph } from '../ir/index.ts';
import type { Hardware } from '../lower/index.ts';
import {
  type EngineParameters,
  lossReport,
  type MatmulOperation,
  memoryMap,
  occupancy,
  type Plan,
  type Program,
} from '../plan/index.ts';
import { version } from '../version.ts';
import type { Manifest, ManifestOperation } from './manifest.ts';
import { emitMemories, emitModels, emitVerilog, fileHeader, type OutputFile } from './verilog.ts';

export * from './manifest.ts';
export * from './read-manifest.ts';
export type { OutputFile } from './verilog.ts';
export * from './write-folder.ts';

/** What the host writes to external memory, at the address that it gives to the registers. */
const WEIGHTS = 'weights.bin';

/**
 * Everything that a build writes: Verilog, memory files, constraints, the integer graph for the
 * golden model, and `vitrum.json`, which describes the rest. The same hardware gives the same bytes.
 */
export function emit(hardware: Hardware, images: Manifest['images']): OutputFile[] {
  const { plan } = hardware;
  const graphText = serializeGraph(plan.checked.graph);
  const hash = configurationHash(hardware, graphText);
  const verilog = emitVerilog(hardware, fileHeader(plan.checked.graph, version, hash), hash);
  const models = emitModels(hardware);
  const memory = emitMemories(hardware);
  const constraints = emitConstraints(plan.board, {
    top: `${hardware.name}_top`,
    clockMHz: plan.clockMHz,
  });
  const paths = (files: readonly { readonly path: string }[]) => files.map((f) => f.path).sort();
  const manifest: Manifest = {
    ...describe(hardware),
    hash,
    images,
    files: {
      verilog: paths(verilog),
      models: paths(models),
      memory: paths(memory),
      constraints: paths(constraints),
      graph: 'graph.json',
    },
  };
  const filelist = `${paths(verilog).join('\n')}\n`;
  const weights = hardware.external && [{ path: WEIGHTS, content: hardware.external.bytes }];
  return [
    ...verilog,
    ...models,
    ...memory,
    ...(weights ?? []),
    ...constraints,
    { path: 'filelist.f', content: filelist },
    { path: 'graph.json', content: graphText },
    { path: 'vitrum.json', content: `${JSON.stringify(manifest, null, 2)}\n` },
  ];
}

function configurationHash(hardware: Hardware, graphText: string): string {
  const { plan, constants, instructions, matmul } = hardware;
  const settings = JSON.stringify([
    version,
    plan.board.name,
    plan.clockMHz,
    constants,
    instructions.rows,
    matmul.rows,
  ]);
  return createHash('sha256').update(settings).update(graphText).digest('hex');
}

function describe(hardware: Hardware): Omit<Manifest, 'hash' | 'files' | 'images'> {
  const { plan, parameters: p } = hardware;
  const { graph } = plan.checked;
  const patchSize = graph.input.tensor.shape[1] ?? 1;
  return {
    vitrum: version,
    design: graph.name,
    top: `${hardware.name}_top`,
    board: plan.board.name,
    family: plan.board.family,
    clockMHz: plan.clockMHz,
    tile: {
      tokens: plan.shape.tokens,
      inputs: plan.shape.inputs,
      outputs: plan.shape.outputs,
      vector: plan.shape.vector,
    },
    predicted: predicted(plan),
    losses: lossReport(occupancy(plan)),
    memories: memories(plan),
    input: {
      words: p.INPUT_WORDS,
      wordsPerPatch: Math.ceil(patchSize / p.TI),
      lanes: p.TI,
      laneBits: 8,
    },
    weights: p.stream && {
      path: WEIGHTS,
      bytes: hardware.external?.bytes.length ?? 0,
      axiBits: p.stream.axiBits,
      parameters: parametersIn(hardware),
    },
    result: { classes: p.CLASSES, tensor: graph.nodes.at(-1)?.output.name ?? '' },
    taps: {
      matmul: { tokens: p.TP, lanes: p.TO, bits: p.OUT_BITS, signed: true, order: 'tiles' },
      layerNorm: { tokens: 1, lanes: p.VL, bits: p.ACT_BITS, signed: true, order: 'rows' },
      softmax: p.HAS_SOFTMAX
        ? { tokens: 1, lanes: p.VL, bits: p.PROB_BITS, signed: false, order: 'rows' }
        : null,
      meanPool: p.HAS_POOL
        ? { tokens: 1, lanes: p.VL, bits: p.RES_BITS, signed: true, order: 'rows' }
        : null,
    },
    operations: operations(plan.program, p),
  };
}

/** The part of the weights' file that holds the parameters of channels. */
function parametersIn({ external, parameters: p }: Hardware): WeightsFile['parameters'] {
  const own = external?.parameters;
  if (!own || !p.parameterStream) return null;
  const { axiBits } = p.parameterStream;
  return { ...own, axiBits: axiBits === 64 ? 64 : 128 };
}

type WeightsFile = NonNullable<Manifest['weights']>;

function memories({ parameters, board }: Plan): Manifest['memories'] {
  return memoryMap(parameters, board).memories.map(
    ({
      readers: _r,
      fixed: _f,
      planned: _p,
      owner: _o,
      segments: _s,
      ff: _ff,
      lutram,
      ...memory
    }) => ({
      ...memory,
      lut: memory.lut + lutram,
    }),
  );
}

function predicted(plan: Plan): Manifest['predicted'] {
  return {
    cyclesPerFrame: plan.cycles.perFrame,
    latencyCycles: plan.cycles.latency,
    utilization: plan.utilization,
    products: plan.products,
    framesPerSecond: plan.framesPerSecond,
    lut: plan.estimate.lut,
    ff: plan.estimate.ff,
    dsp: plan.estimate.dsp,
    bram36: plan.estimate.bram36,
    uram: plan.estimate.uram,
  };
}

function operations(
  program: Program,
  { CHANNELS: channels, TOKENS: tokens, TO: lanes }: EngineParameters,
): ManifestOperation[] {
  const entry = (
    unit: ManifestOperation['unit'],
    op: Pick<MatmulOperation, 'name' | 'tap' | 'place'>,
    index: number,
    rows: number,
    columns: number,
  ): ManifestOperation => ({
    unit,
    index,
    name: op.name,
    ...op.tap,
    rows,
    columns,
    place: op.place ? formatPlace(op.place) : null,
  });
  return [
    ...program.matmuls.map((op, i) => ({
      ...entry('matmul', op, i, op.rows, op.columns),
      ...(op.outputs < lanes && { lanes: op.outputs }),
    })),
    ...program.layerNorms.map((op, i) => entry('layerNorm', op, i, op.rows, channels)),
    ...program.softmaxes.map((op, i) => entry('softmax', op, i, op.rows, tokens)),
    ...program.meanPools.map((op, i) => entry('meanPool', op, i, 1, channels)),
  ];
}
