import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf, openStore } from '../../tools/store.ts';
import { cacheFolder } from '../../verify/cache.ts';
import { addUtilization, NOTHING } from '../cells.ts';
import { referencedFiles } from '../inputs.ts';
import type { Messages } from '../messages.ts';
import { type Counted, rejected, type UnitUtilization, type Utilization } from '../report.ts';
import { elaborationScript, quote, scriptText, type YosysFamily } from '../script.ts';
import { runYosys, type Yosys } from '../yosys.ts';
import { partition } from './groups.ts';
import { type MappedUnit, mapUnits } from './mapping.ts';
import { parseRtlil } from './rtlil.ts';

export interface UnitSynthesis {
  readonly folder: string;
  /** Verilog sources relative to the folder. */
  readonly files: readonly string[];
  readonly top: string;
  readonly family: YosysFamily;
  readonly jobs?: number | undefined;
  readonly onRun?: ((text: string) => void) | undefined;
}

/**
 * Synthesizes an engine unit by unit: what is inside a unit is flattened, the units stay apart. A
 * unit that occurs several times is synthesized once, and results are cached by the contents of a
 * unit, so that a change costs the units that it touches.
 */
export async function synthesizeUnits(yosys: Yosys, run: UnitSynthesis): Promise<Counted> {
  const { rtlil, messages } = await elaborate(yosys, run);
  if (rtlil === undefined) return rejected(messages);
  const units = partition(parseRtlil(rtlil), `\\${run.top}`);
  const { family, jobs = 1, onRun } = run;
  const sources = units.map(({ root, ...unit }) => ({ ...unit, name: root.name, id: root.id }));
  const store = openStore(join(cacheFolder(), 'synthesis'), KEPT.units);
  const mapped = await mapUnits(sources, { yosys, family, store, jobs, onRun });
  const latches = sources.reduce(
    (sum, { instances }, i) => sum + instances * (mapped[i] as MappedUnit).latches,
    0,
  );
  const modules = sources
    .map(({ name, group, instances }, i): UnitUtilization => {
      const { cells } = mapped[i] as MappedUnit;
      return { name, group, instances, ...addUtilization(NOTHING, cells, instances) };
    })
    .sort((a, b) => b.lut - a.lut || b.ff - a.ff || (a.name < b.name ? -1 : 1));
  return {
    ...modules.reduce<Utilization>((sum, unit) => addUtilization(sum, unit), NOTHING),
    modules,
    warnings: messages.warnings,
    faults: [...new Set([...messages.faults, ...mapped.flatMap((unit) => unit.faults)])],
    latches,
  };
}

interface Elaborated {
  /** Absent when Yosys rejected the sources. */
  readonly rtlil?: string | undefined;
  readonly messages: Messages;
}

/** Results that are kept; an elaborated design holds all its memories. */
const KEPT = { units: 5000, elaborated: 8 };

/** The design as Yosys reads it. */
async function elaborate(
  yosys: Yosys,
  { folder, files, top, onRun }: UnitSynthesis,
): Promise<Elaborated> {
  const inputs = [...files, ...referencedFiles(folder, files)];
  const script = (result: string) =>
    scriptText([
      ...elaborationScript(files, top),
      'setattr -unset src',
      `write_rtlil ${quote(result)}`,
    ]);
  const store = openStore(join(cacheFolder(), 'elaborated'), KEPT.elaborated);
  const contents = inputs.map((file) => [file, readFileSync(join(folder, file))]);
  const key = keyOf(yosys.name, script(''), contents);
  // A native Yosys sees more files than those that are known to be read.
  const known = yosys.native ? undefined : (store.read(key) as Elaborated | undefined);
  if (known) return known;
  const { result, messages, seconds } = await runYosys(yosys, { folder, files: inputs, script });
  onRun?.(`elaborated ${top} in ${seconds.toFixed(0)} s`);
  if (result === undefined) return { messages };
  if (!yosys.native) store.write(key, { rtlil: result, messages });
  return { rtlil: result, messages };
}
