import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatName, type IntegerGraph } from '../ir/index.ts';
import type { DescriptorTable, Hardware } from '../lower/index.ts';
import { addressBits, memoryMap, units } from '../plan/index.ts';
import { printTable } from './program-table.ts';
import { render } from './templates.ts';

export interface OutputFile {
  /** Relative to the output folder, with forward slashes. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

const libraryFolder = fileURLToPath(new URL('../../templates/rtl/', import.meta.url));

/** Sections of the core, in files of their own. */
const CORE_PARTS = ['core-memories', 'core-weights', 'core-parameters', 'core-taps'];

/** The design's own modules, from templates, and the library modules that they use, as they are. */
export function emitVerilog(hardware: Hardware, header: string, hash: string): OutputFile[] {
  const { name, parameters: p } = hardware;
  const common = { header, name, design: name };
  const own = [
    {
      path: `rtl/${name}_top.v`,
      content: render('verilog/top.v', topContext(hardware, common, hash)),
    },
    {
      path: `rtl/${name}_core.v`,
      content: render('verilog/core.v', coreContext(hardware, common), CORE_PARTS),
    },
    {
      path: `rtl/${name}_program.v`,
      content: render('verilog/program.v', programContext(hardware, common)),
    },
    ...(p.depths.weights === 0 ? [] : [weightMemory(hardware, common)]),
  ];
  return [...own, ...library(own, new Set(unusedModules(p)))];
}

/** Arrays of the library, in the order of `ArrayStyle`: one of them is in an engine, or one beside that on LUTs. */
const ARRAYS = ['vt_mac_plain', 'vt_mac_packed', 'vt_mac_packed', 'vt_mac_lut'];

/** Modules that the sources name in branches which these parameters do not take. */
function unusedModules(p: Hardware['parameters']): string[] {
  return [
    ...(p.HAS_POOL ? [] : ['vt_mean_pool']),
    ...(p.HAS_SOFTMAX ? [] : ['vt_softmax']),
    ...(p.ROW_EXPONENT > 0 ? [] : ['vt_token_steps', 'vt_token_exponent']),
    ...(p.stream ? [] : ['vt_weight_stream']),
    ...ARRAYS.filter(
      (name) => name !== ARRAYS[p.STYLE] && (name !== 'vt_mac_lut' || p.LUT_TO === 0),
    ),
    ...(p.LUT_TO > 0 ? [] : ['vt_mac_split']),
  ];
}

/** Models for simulation of what synthesis has as primitives. */
export function emitModels({ parameters: p }: Hardware): OutputFile[] {
  if (p.CELL === 0) return [];
  const path = 'sim/DSP48E2.v';
  return [{ path, content: readFileSync(libraryFolder + path, 'utf8') }];
}

/** The memory of the weights on chip: a part for each width. */
function weightMemory(hardware: Hardware, common: Common): OutputFile {
  const { name, parameters: p, buses } = hardware;
  const sections = p.weightSections.map(({ bits, first, words }, index) => ({
    index,
    bits,
    sign: bits - 1,
    extend: p.W_BITS - bits + 1,
    first: `${buses.W}'d${first}`,
    isFirst: first === 0,
    words,
    lastWord: Math.max(2, words) - 1,
    addressRange: range(addressBits(words)),
    dataRange: range(p.TI * bits),
    files: hardware.weights
      .filter((w) => w.first >= first && w.last < first + words)
      .map((w) => ({ path: w.path, first: w.first - first, last: w.last - first })),
  }));
  return {
    path: `rtl/${name}_weights.v`,
    content: render('verilog/weights.v', {
      ...common,
      depth: p.depths.weights,
      lanes: p.TI,
      laneBits: p.W_BITS,
      tileRows: p.TO,
      addrRange: range(buses.W),
      dataRange: range(p.TI * p.W_BITS),
      sections,
      several: sections.length > 1,
      numberRange: range(addressBits(sections.length)),
      // The section of an address is the last one that begins at it or before.
      choices: sections.slice(1).reverse(),
    }),
  };
}

/** The library modules that the sources instantiate, and those that these do, in order of name. */
function library(sources: readonly OutputFile[], unused: ReadonlySet<string>): OutputFile[] {
  const available = new Set(readdirSync(libraryFolder).filter((file) => file.endsWith('.v')));
  const files = new Map<string, OutputFile>();
  const add = (text: string) => {
    for (const [, name = ''] of text.matchAll(/\b(vt_\w+)\s+(?:#\(|u_)/g)) {
      const file = `${name}.v`;
      if (files.has(file) || unused.has(name) || !available.has(file)) continue;
      const content = readFileSync(libraryFolder + file, 'utf8');
      files.set(file, { path: `rtl/${file}`, content });
      add(content);
    }
  };
  for (const { content } of sources) add(String(content));
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

/** Memory files, one word a line. */
export function emitMemories(hardware: Hardware): OutputFile[] {
  return [...hardware.weights, ...Object.values(hardware.memories)].flatMap((image) =>
    image ? [{ path: image.path, content: image.text }] : [],
  );
}

interface Common {
  readonly header: string;
  readonly name: string;
  readonly design: string;
}

function topContext(hardware: Hardware, common: Common, hash: string) {
  const { plan, parameters: p } = hardware;
  const { graph } = plan.checked;
  const [patches = 0, patchSize = 0] = graph.input.tensor.shape;
  return {
    ...common,
    board: plan.board.name,
    patches,
    wordsPerPatch: Math.ceil(patchSize / p.TI),
    inputWords: p.INPUT_WORDS,
    lanes: p.TI,
    inputBits: p.IN_BITS,
    classes: p.CLASSES,
    cycles: plan.cycles.perFrame,
    fps: Math.floor(plan.framesPerSecond),
    clockMHz: plan.clockMHz,
    tdataRange: range(p.TI * 8),
    hasStream: p.stream !== null,
    axiRange: range(p.stream?.axiBits ?? 1),
    streamBytes: hardware.external?.weightBytes ?? 0,
    hasParameterStream: p.parameterStream !== null,
    paramAxiRange: range(p.parameterStream?.axiBits ?? 1),
    paramBytes: hardware.external?.parameters?.bytes ?? 0,
    paramOffset: hardware.external?.parameters?.offset ?? 0,
    versionWord: "32'h00000100",
    configWord: `32'h${hash.slice(0, 8)}`,
  };
}

function coreContext(hardware: Hardware, common: Common) {
  const { parameters: p, memories } = hardware;
  const tables = descriptorTables(hardware);
  const fields = (table: DescriptorTable | null) =>
    (table?.fields ?? []).map((f) => ({ name: f.name, wire: `${table?.unit}_${f.name}` }));
  return {
    ...common,
    tp: p.TP,
    ti: p.TI,
    to: p.TO,
    tdataRange: range(p.TI * 8),
    constants: aligned(hardware.constants),
    fields: tables.flatMap((t) =>
      t.fields.map((f) => ({ range: signedRange(f.bits, f.signed), wire: `${t.unit}_${f.name}` })),
    ),
    matmulFields: fields(hardware.matmul),
    epilogueParameters: connections('EPILOGUE', hardware.unitParameters.epilogue),
    layerNormParameters: connections('NORM', hardware.unitParameters.layerNorm),
    softmaxParameters: connections('SOFTMAX', hardware.unitParameters.softmax),
    layerNormFields: fields(hardware.layerNorm).filter(({ name }) => !ofTokenSteps.has(name)),
    hasRowSteps: p.ROW_EXPONENT > 0,
    hasValueParts: p.KEY_TO < p.TO,
    hasGroups: p.GROUP_GROWTH > 0,
    factorFile: memories.factors?.path ?? '',
    tokenStepsParameters: connections('TOKEN', hardware.unitParameters.tokenSteps),
    tokenStepsFields: fields(hardware.layerNorm).filter(
      ({ name }) => ofTokenSteps.has(name) || name === 'out_base',
    ),
    softmaxFields: fields(hardware.softmax),
    meanPoolFields: fields(hardware.meanPool),
    hasStream: p.stream !== null,
    hasRom: p.depths.weights > 0,
    hasParameterStream: p.parameterStream !== null,
    paramAxiRange: range(p.parameterStream?.axiBits ?? 1),
    axiRange: range(p.stream?.axiBits ?? 1),
    hasPool: p.HAS_POOL,
    hasSoftmax: p.HAS_SOFTMAX,
    ram: Object.fromEntries(
      memoryMap(p, hardware.plan.board).memories.map(({ name, style, segments }) => [
        name,
        { style, segments },
      ]),
    ),
    tableFile: memories.activationTable?.path ?? '',
    rsqrtFile: memories.rsqrt.path,
    normFile: memories.norm.path,
    expFile: memories.exp?.path ?? '',
    recipFile: memories.reciprocal?.path ?? '',
    paramFile: memories.parameters?.path ?? '',
    offsetFile: memories.offset.path,
  };
}

/** Fields of a LayerNorm that only its steps per token have. */
const ofTokenSteps: ReadonlySet<string> = new Set(['format_sel', 'step_base']);

/** Parameters of a unit and the constants of the core that they are set to. */
function connections(prefix: string, parameters: Hardware['unitParameters']['layerNorm']) {
  return parameters.map(({ name }) => ({ name, constant: `${prefix}_${name}` }));
}

/** Constants in columns: name, value, comment. A list that is too long for a line takes several. */
function aligned(constants: Hardware['constants']) {
  const nameWidth = Math.max(...constants.map((c) => c.name.length));
  const short = constants.map((c) => String(c.value).length).filter((n) => n <= 12);
  const valueWidth = Math.max(...short) + 1;
  return constants.map(({ name, value, comment }) => {
    const text = String(value).replace(/(.{30,48},) /g, '$1\n    ');
    return {
      name: name.padEnd(nameWidth),
      value: comment ? `${text};`.padEnd(valueWidth) : `${text};`,
      comment: comment ? ` // ${comment}` : '',
    };
  });
}

const titles: Record<string, string> = {
  matmul: 'Matrix products',
  layer_norm: 'Layer norms',
  softmax: 'Softmaxes',
  mean_pool: 'Means over the tokens',
};

/** Names that the program file gives to the numbers of the units, in their order. */
const unitNames = ['MATMUL', 'LAYER_NORM', 'SOFTMAX', 'MEAN_POOL', 'INPUT', 'RESULT'];

function programContext(hardware: Hardware, common: Common) {
  const { plan, instructions, operationBits } = hardware;
  const pcBits = Number(hardware.constants.find((c) => c.name === 'PC_BITS')?.value ?? 1);
  const nameWidth = Math.max(...unitNames.map((name) => name.length));
  return {
    ...common,
    loopStart: plan.program.loopStart,
    pcRange: range(pcBits),
    operationRange: range(operationBits),
    units: unitNames
      .map((name, i) => ({ name: name.padEnd(nameWidth), value: `3'd${i}` }))
      .filter((_, i) => plan.program.instructions.some((x) => x.unit === units[i])),
    instruction: {
      range: range(instructions.bits),
      zero: `${instructions.bits}'d0`,
      // Columns before the concatenation: "      ", the number, ": instruction_q <= {".
      ...printTable(instructions, pcBits, 23, { unit: unitNames }),
    },
    tables: descriptorTables(hardware).map((table) => ({
      unit: table.unit,
      title: titles[table.unit] ?? table.unit,
      range: range(table.bits),
      zero: `${table.bits}'d0`,
      fields: table.fields.map((f) => ({
        range: signedRange(f.bits, f.signed),
        port: `${table.unit}_${f.name}_o`,
      })),
      ...printTable(table, operationBits, 12 + table.unit.length),
      ports: table.fields.map(
        (f, i, all) => `${table.unit}_${f.name}_o${i < all.length - 1 ? ',' : ''}`,
      ),
    })),
  };
}

function descriptorTables(hardware: Hardware): DescriptorTable[] {
  const { matmul, layerNorm, softmax, meanPool } = hardware;
  return [matmul, layerNorm, softmax, meanPool].filter((table) => table !== null);
}

function range(bits: number): string {
  return `[${bits - 1}:0]`;
}

function signedRange(bits: number, signed: boolean): string {
  return signed ? `signed ${range(bits)}` : range(bits);
}

/** The lines at the head of every generated file. */
export function fileHeader(graph: IntegerGraph, version: string, hash: string): string {
  const input = graph.input.tensor;
  return [
    `// Generated by Vitrum ${version} from the design ${graph.name}; configuration ${hash.slice(0, 16)}.`,
    `// Input ${input.shape.join(' x ')} ${formatName(input.format)}. Verilog-2005.`,
  ].join('\n');
}
