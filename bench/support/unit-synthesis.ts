import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../../src/arithmetic/index.ts';
import { emit } from '../../src/emit/index.ts';
import { epilogueUnit } from '../../src/lower/epilogue-unit.ts';
import { type Constant, lower } from '../../src/lower/index.ts';
import { type Plan, unsignedBits } from '../../src/plan/index.ts';
import { synthesize } from '../../src/synth/index.ts';

/** Cells of a unit, and the same for each of the elements that it takes per cycle. */
export interface UnitCells {
  readonly unit: 'softmax' | 'layerNorm' | 'epilogue' | 'gelu';
  readonly lanes: number;
  readonly lut: number;
  readonly lutram: number;
  readonly ff: number;
  readonly dsp: number;
  readonly bram36: number;
  readonly lutPerLane: number;
  readonly lutramPerLane: number;
  readonly dspPerLane: number;
  readonly seconds: number;
}

/** Where a unit is instantiated, and what the names there stand for. */
interface UnitPlace {
  readonly unit: UnitCells['unit'];
  readonly module: string;
  readonly lanes: number;
  readonly within: string;
  readonly known: Values;
}

type Values = ReadonlyMap<string, string>;

const library = fileURLToPath(new URL('../../templates/rtl/', import.meta.url));
const TOP = 'unit_top';

/**
 * Softmax (where the design has one), LayerNorm and epilogue of an engine, each alone, flattened,
 * on UltraScale+ cells, with the parameters and memory contents that the engine gives them. Nothing
 * is left out: addresses, delay lines and tables belong to the unit.
 *
 * Throws `Error` when the synthesis reports a fault.
 */
export async function synthesizeUnits(plan: Plan): Promise<readonly UnitCells[]> {
  const cells: UnitCells[] = [];
  for (const sources of unitSources(plan)) cells.push(await cellsOf(sources));
  return cells;
}

/** Widths of an activation with its requantization, as published peers have them. */
export interface GeluWidths {
  readonly sumBits: number;
  readonly entries: number;
  readonly outBits: number;
  readonly lanes: number;
}

/**
 * An epilogue that does nothing but an activation by table, `table[clip(sum + bias >> shift)]`, on
 * LUTs. The entries are random: a table that has the shape of a function takes no more.
 */
export function synthesizeGelu({
  sumBits,
  entries,
  outBits,
  lanes,
}: GeluWidths): Promise<UnitCells> {
  const width = sumBits + 1;
  const high = entries - 1;
  const outWidth = unsignedBits(high) + 1;
  const operation = { shift: sumBits - outWidth, low: 0, high, tableBase: 0, skip: null };
  const { parameters } = epilogueUnit(
    [operation],
    {
      HAS_MULT: false,
      PROD_BITS: width,
      OUT_BITS: outWidth,
      RES_BITS: outWidth,
      TABLE_BITS: outBits,
      TABLE_DEPTH: entries,
    },
    unsignedBits(high),
  );
  const values = new Map([
    ...Object.entries({
      TP: 1,
      TO: lanes,
      ACC_BITS: sumBits,
      BIAS_BITS: sumBits,
      SUM_BITS: width,
      PROD_BITS: width,
      OUT_BITS: outWidth,
      SKIP_BITS: outWidth,
      OFFSET_BIAS: 0,
      HAS_TABLE: 1,
      TABLE_BITS: outBits,
      TABLE_DEPTH: entries,
      TABLE_ADDR_BITS: unsignedBits(high),
    }).map(([name, value]) => [name, String(value)] as const),
    ...valuesOf(parameters),
    ['TABLE_FILE', '"mem/table.mem"'],
  ]);
  const random = createRandom(1);
  const table = Array.from({ length: entries }, () => random.nextInt(0, 2 ** outBits - 1));
  const read = (name: string) => readFileSync(join(library, name), 'utf8');
  const files = new Map([
    ...readdirSync(library)
      .filter((name) => name.endsWith('.v'))
      .map((name) => [`rtl/${name}`, read(name)] as const),
    [`rtl/${TOP}.v`, topVerilog(read('vt_epilogue.v'), 'vt_epilogue', values)],
    ['mem/table.mem', `${table.map((entry) => entry.toString(16)).join('\n')}\n`],
  ]);
  return cellsOf({ unit: 'gelu', lanes, files });
}

async function cellsOf({ unit, lanes, files }: UnitSources): Promise<UnitCells> {
  const { lut, lutram, ff, dsp, bram36, seconds } = await synthesizeTop(files);
  return {
    unit,
    lanes,
    lut,
    lutram,
    ff,
    dsp,
    bram36,
    lutPerLane: lut / lanes,
    lutramPerLane: lutram / lanes,
    dspPerLane: dsp / lanes,
    seconds,
  };
}

/** The sources of a unit under the module `unit_top`, by their paths. */
export interface UnitSources {
  readonly unit: UnitCells['unit'];
  readonly lanes: number;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** What `synthesizeUnits` synthesizes. */
export function unitSources(plan: Plan): readonly UnitSources[] {
  const hardware = lower(plan);
  const files = new Map(
    emit(hardware, { kind: 'random', seed: 1 }).map(({ path, content }) => [path, content]),
  );
  const core = files.get(`rtl/${hardware.name}_core.v`) as string;
  const constants = valuesOf(hardware.constants);
  const matmul = parametersOf(core, 'vt_matmul', constants);
  const { vector, tokens, outputs } = plan.shape;
  const units: readonly UnitPlace[] = [
    ...(plan.parameters.HAS_SOFTMAX
      ? [
          {
            unit: 'softmax',
            module: 'vt_softmax',
            lanes: vector,
            within: core,
            known: constants,
          } as const,
        ]
      : []),
    { unit: 'layerNorm', module: 'vt_layer_norm', lanes: vector, within: core, known: constants },
    {
      unit: 'epilogue',
      module: 'vt_epilogue',
      lanes: tokens * outputs,
      within: readFileSync(join(library, 'vt_matmul.v'), 'utf8'),
      known: matmul,
    },
  ];
  return units.map(({ unit, module, lanes, within, known }) => {
    const source = readFileSync(join(library, `${module}.v`), 'utf8');
    const top = topVerilog(source, module, parametersOf(within, module, known));
    const kept = [...files].filter(([path]) => /^(rtl\/vt_.*\.v|mem\/.*)$/.test(path));
    return { unit, lanes, files: new Map([...kept, [`rtl/${TOP}.v`, top]]) };
  });
}

function valuesOf(constants: readonly Constant[]): Values {
  return new Map(constants.map(({ name, value }) => [name, String(value)]));
}

/** The parameters of a module's instance in `source`, where `known` are the names it can use. */
function parametersOf(source: string, module: string, known: Values): Values {
  const list = new RegExp(`\\b${module} #\\(([\\s\\S]*?)\\) u_`).exec(source)?.[1];
  if (list === undefined) throw new Error(`no instance of ${module}`);
  return new Map(
    [...list.matchAll(/\.(\w+)\(([^()]*)\)/g)].map(([, name, text]) => {
      const value = (text as string).replace(/"[^"]*"|\b[A-Za-z_]\w*/g, (word) => {
        if (word.startsWith('"')) return word;
        const found = known.get(word);
        if (found === undefined) throw new Error(`${module}: ${word} is not known`);
        return found;
      });
      return [name as string, value];
    }),
  );
}

/** A module with the ports of `module` and the given parameters, around one instance of it. */
function topVerilog(source: string, module: string, parameters: Values): string {
  const head = new RegExp(`\\bmodule ${module} #\\(([\\s\\S]*?\\n\\);)`).exec(source)?.[1];
  if (head === undefined) throw new Error(`no head of ${module}`);
  const names = (pattern: RegExp) => [...head.matchAll(pattern)].map((m) => m[1] as string);
  const connect = (list: readonly string[]) => list.map((name) => `.${name}(${name})`).join(', ');
  // A default ends at a comma, a comment or the end of the list.
  const set = head.replace(
    /\bparameter (\[[^\]]*\] )?(\w+)\s*=[^,]*?(?=,|\s*\/\/|\n\) \()/g,
    (all, range: string | undefined, name: string) => {
      const value = parameters.get(name);
      return value === undefined ? all : `parameter ${range ?? ''}${name} = ${value}`;
    },
  );
  return [
    '`default_nettype none',
    `module ${TOP} #(${set}`,
    `  ${module} #(${connect(names(/\bparameter (?:\[[^\]]*\] )?(\w+)/g))}) u_unit (`,
    `    ${connect(names(/(?:input|output)\s+wire\s+(?:signed\s+)?(?:\[[^\]]*\]\s*)?(\w+)/g))}`,
    '  );',
    'endmodule',
    '',
  ].join('\n');
}

async function synthesizeTop(files: UnitSources['files']) {
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-unit-'));
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const sources = [...files.keys()].filter((path) => path.endsWith('.v'));
    const report = await synthesize({
      folder,
      files: sources,
      top: TOP,
      family: 'xcup',
      flatten: true,
    });
    if (report.faults.length > 0) throw new Error(report.faults.join('\n'));
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
