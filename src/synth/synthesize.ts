import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { referencedFiles } from './inputs.ts';
import { type Counted, rejected, type SynthReport } from './report.ts';
import { elaborationScript, mappingScript, scriptText, type YosysFamily } from './script.ts';
import { countResources, unknownCell } from './statistics.ts';
import { synthesizeUnits } from './units/synthesize-units.ts';
import { chooseYosys, runYosys, type Yosys } from './yosys.ts';

export interface SynthOptions {
  /** Folder of the sources; Yosys runs in it, so `$readmemh` paths are relative to it. */
  readonly folder: string;
  /** Verilog sources, relative to the folder. */
  readonly files: readonly string[];
  readonly top: string;
  readonly family: 'xcup' | 'xc7' | 'ecp5' | 'ice40';
  /** `true`: only a Yosys on the PATH; `false`: only the one from npm; absent: native when new enough. */
  readonly native?: boolean | undefined;
  /** Dissolve the hierarchy, as in published figures. Without it the numbers come by unit. */
  readonly flatten?: boolean | undefined;
  /** Runs of Yosys at the same time; 1 unless given. */
  readonly jobs?: number | undefined;
  /** Hears of every run of Yosys. */
  readonly onRun?: ((text: string) => void) | undefined;
}

/**
 * Synthesizes with Yosys and counts resources as UltraScale+ primitives (also for ECP5 and iCE40,
 * so that designs can be compared). What is inside a unit of the engine is flattened, the units
 * stay apart, and what is known of a unit from an earlier run is taken from a cache. Faults of the
 * design, sources that Yosys rejects among them, are in the report, see `synthesisPassed`.
 *
 * Throws `ToolError` when Yosys is missing or breaks down, and `Error` when a source does not exist.
 */
export async function synthesize(options: SynthOptions): Promise<SynthReport> {
  const { folder, files, top } = options;
  for (const file of files) {
    if (!existsSync(join(folder, file))) throw new Error(`there is no ${file} to synthesize`);
  }
  const started = performance.now();
  const yosys = await chooseYosys(options.native);
  const family = yosysFamily(options.family);
  const counted = options.flatten
    ? await synthesizeFlat(yosys, options, family)
    : await synthesizeUnits(yosys, { ...options, family });
  const seconds = (performance.now() - started) / 1000;
  return { tool: yosys.name, top, family, seconds, ...counted };
}

async function synthesizeFlat(
  yosys: Yosys,
  { folder, files, top }: SynthOptions,
  family: YosysFamily,
): Promise<Counted> {
  const { messages, result } = await runYosys(yosys, {
    folder,
    files: [...files, ...referencedFiles(folder, files)],
    script: (path) =>
      scriptText([...elaborationScript(files, top), ...mappingScript(top, family, path)]),
  });
  const { warnings, faults } = messages;
  if (result === undefined) return rejected(messages);
  const { whole, modules, latches, unknownCells } = countResources(result, top);
  return {
    ...whole,
    modules: modules.map((module) => ({ ...module, group: null })),
    warnings,
    faults: [...faults, ...unknownCells.map(unknownCell)],
    latches,
  };
}

/** Yosys maps the open families to other cells; counted on them, figures could not be compared. */
function yosysFamily(family: SynthOptions['family']): YosysFamily {
  return family === 'xc7' ? 'xc7' : 'xcup';
}
