import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addUtilization, NOTHING } from '../cells.ts';
import { referencedFiles } from '../inputs.ts';
import type { Messages } from '../messages.ts';
import { type Counted, rejected, type UnitUtilization, type Utilization } from '../report.ts';
import { elaborationScript, quote, scriptText, type YosysFamily } from '../script.ts';
import { runYosys, type Yosys } from '../yosys.ts';
import { cachedJson, contentKey } from './cache.ts';
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
  const mapped = await mapUnits(sources, { yosys, family, jobs, onRun });
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

/** The design as Yosys reads it. */
function elaborate(
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
  const contents = inputs.flatMap((file) => [file, readFileSync(join(folder, file))]);
  return cachedJson(contentKey('elaborated', yosys.name, script(''), ...contents), async () => {
    const { result, messages, seconds } = await runYosys(yosys, { folder, files: inputs, script });
    onRun?.(`elaborated ${top} in ${seconds.toFixed(0)} s`);
    return { rtlil: result, messages };
  });
}
