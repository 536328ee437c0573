import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addUtilization, NOTHING } from '../../src/synth/cells.ts';
import { referencedFiles } from '../../src/synth/inputs.ts';
import type { Utilization } from '../../src/synth/report.ts';
import { ELABORATED } from '../../src/synth/script.ts';
import { RESULT, runNpmYosys, yosysName } from './npm-yosys.ts';
import { parseRtlil } from './rtlil.ts';
import { cachedJson, contentKey } from './synthesis-cache.ts';
import { partition, type UnitGroup, unitGroups } from './unit-groups.ts';
import { type MappedUnit, mapUnits, type UnitSource } from './unit-mapping.ts';

/** The cells of one instance of a unit. */
export interface UnitCells extends Utilization {
  readonly name: string;
  readonly group: UnitGroup;
  readonly instances: number;
}

export interface EngineCells {
  readonly tool: string;
  readonly units: readonly UnitCells[];
  /** The sum over all instances of the units of a group. */
  readonly groups: Readonly<Record<UnitGroup, Utilization>>;
  readonly whole: Utilization;
  readonly latches: number;
  /** Faults of the design that elaboration or mapping found. */
  readonly faults: readonly string[];
}

export interface ModuleSynthesis {
  readonly folder: string;
  /** Verilog sources relative to the folder. */
  readonly files: readonly string[];
  readonly top: string;
  readonly jobs?: number | undefined;
  /** Hears of every run of Yosys. */
  readonly onRun?: ((text: string) => void) | undefined;
}

interface Elaborated {
  readonly units: readonly (UnitSource & {
    readonly group: UnitGroup;
    readonly instances: number;
  })[];
  readonly faults: readonly string[];
}

/**
 * Synthesizes an engine unit by unit on UltraScale+ cells: what is inside a unit is flattened, the
 * units stay apart. A unit that occurs several times is synthesized once, and results are cached by
 * the contents of a unit, so that a change costs the units that it touches.
 *
 * Throws `Error` when Yosys rejects the sources.
 */
export async function synthesizeModules(run: ModuleSynthesis): Promise<EngineCells> {
  const tool = yosysName();
  const { units, faults } = await elaborate(run, tool);
  const mapped = await mapUnits(units, { tool, jobs: run.jobs ?? 1, onRun: run.onRun });
  const cells = units.map((unit, i): UnitCells => {
    const { name, group, instances } = unit;
    const { lut, lutram, ff, dsp, bram36, uram } = (mapped[i] as MappedUnit).cells;
    return { name, group, instances, lut, lutram, ff, dsp, bram36, uram };
  });
  const sumOf = (some: readonly UnitCells[]) =>
    some.reduce<Utilization>((sum, unit) => addUtilization(sum, unit, unit.instances), NOTHING);
  const groups = Object.fromEntries(
    (Object.keys(unitGroups) as UnitGroup[]).map((group) => [
      group,
      sumOf(cells.filter((unit) => unit.group === group)),
    ]),
  );
  return {
    tool,
    units: cells,
    groups: groups as Record<UnitGroup, Utilization>,
    whole: sumOf(cells),
    latches: mapped.reduce((sum, { latches }, i) => sum + latches * (units[i]?.instances ?? 0), 0),
    faults: [...new Set([...faults, ...mapped.flatMap((unit) => unit.faults)])],
  };
}

/** The design as Yosys reads it, cut into units. */
async function elaborate(run: ModuleSynthesis, tool: string): Promise<Elaborated> {
  const { folder, files, top } = run;
  const inputs = [...files, ...referencedFiles(folder, files)];
  const script = [
    // Ports of the primitives that an array may instantiate.
    'read_verilog -lib +/xilinx/cells_xtra.v',
    ...files.map((file) => `read_verilog -defer "${file}"`),
    `hierarchy -check -top ${top}`,
    'proc',
    'check',
    `log ${ELABORATED}`,
    'setattr -unset src',
    `write_rtlil ${RESULT}`,
    '',
  ].join('\n');
  const contents = inputs.flatMap((file) => [file, readFileSync(join(folder, file))]);
  const { rtlil, faults } = await cachedJson(
    contentKey('elaborated', tool, script, ...contents),
    async () => {
      const { text, messages, seconds } = await runNpmYosys({ script, folder, files: inputs });
      run.onRun?.(`elaborated ${top} in ${seconds.toFixed(0)} s`);
      return { rtlil: text, faults: messages.faults };
    },
  );
  const units = partition(parseRtlil(rtlil), `\\${top}`);
  return {
    units: units.map(({ root, group, instances, modules, boxes }) => ({
      name: root.name,
      id: root.id,
      group,
      instances,
      modules,
      boxes,
    })),
    faults,
  };
}
