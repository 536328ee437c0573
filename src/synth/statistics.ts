import { z } from 'zod';
import { addUtilization, cellUtilization, isLatch, NOTHING } from './cells.ts';
import type { ModuleUtilization, Utilization } from './report.ts';

/** The part of `stat -json` that is read. Submodules are among the cells, or apart in newer versions. */
const statisticsSchema = z.object({
  modules: z.record(
    z.string(),
    z.object({
      num_cells_by_type: z.record(z.string(), z.number()).default({}),
      num_submodules_by_type: z.record(z.string(), z.number()).default({}),
    }),
  ),
});

export interface Statistics {
  readonly whole: Utilization;
  readonly modules: readonly ModuleUtilization[];
  readonly latches: number;
  /** Cell types that the counting does not know; their resources are missing from the sums. */
  readonly unknownCells: readonly string[];
}

interface ParsedModule {
  readonly cells: readonly (readonly [type: string, count: number])[];
  readonly children: readonly (readonly [name: string, count: number])[];
}

/**
 * Counts resources over the hierarchy below `top`, from the text that Yosys `stat -json` writes.
 * Parametrizations of one module are added up under its plain name. Throws when the text is no
 * statistics of a design with that top.
 */
export function countResources(json: string, top: string): Statistics {
  const parsed = parseModules(json);
  if (!parsed.has(top)) throw new Error(`the statistics hold no module ${top}`);
  const instances = countInstances(parsed, top);

  const rows = new Map<string, ModuleUtilization>();
  const unknown = new Set<string>();
  let latches = 0;
  for (const [id, count] of instances) {
    let own: Utilization = NOTHING;
    for (const [type, cells] of parsed.get(id)?.cells ?? []) {
      const cell = cellUtilization(type);
      if (cell === undefined) unknown.add(type);
      else own = addUtilization(own, cell, cells);
      if (isLatch(type)) latches += cells * count;
    }
    const name = plainName(id);
    const row = rows.get(name) ?? { name, instances: 0, ...NOTHING };
    rows.set(name, {
      name,
      instances: row.instances + count,
      ...addUtilization(row, own, count),
    });
  }
  const modules = [...rows.values()].sort(
    (a, b) => b.lut - a.lut || b.ff - a.ff || (a.name < b.name ? -1 : 1),
  );
  const whole = modules.reduce<Utilization>((sum, m) => addUtilization(sum, m), NOTHING);
  return { whole, modules, latches, unknownCells: [...unknown].sort() };
}

function parseModules(json: string): ReadonlyMap<string, ParsedModule> {
  const { modules } = statisticsSchema.parse(JSON.parse(json));
  const byName = new Map(Object.entries(modules).map(([id, m]) => [withoutEscape(id), m]));
  return new Map(
    [...byName].map(([id, m]): [string, ParsedModule] => {
      const entries = [
        ...Object.entries(m.num_cells_by_type),
        ...Object.entries(m.num_submodules_by_type),
      ].map(([type, count]) => [withoutEscape(type), count] as const);
      return [
        id,
        {
          cells: entries.filter(([type]) => !byName.has(type)),
          children: entries.filter(([type]) => byName.has(type)),
        },
      ];
    }),
  );
}

/** How often each module occurs in one `top`. Modules that `top` does not reach are left out. */
function countInstances(
  modules: ReadonlyMap<string, ParsedModule>,
  top: string,
): ReadonlyMap<string, number> {
  const instances = new Map<string, number>();
  const visit = (id: string, times: number) => {
    instances.set(id, (instances.get(id) ?? 0) + times);
    for (const [child, count] of modules.get(id)?.children ?? []) visit(child, times * count);
  };
  visit(top, 1);
  return instances;
}

/** RTLIL writes public names with a backslash; cell types of submodules come without it. */
function withoutEscape(id: string): string {
  return id.startsWith('\\') ? id.slice(1) : id;
}

/** `$paramod\counter\W=s32'0…` and `$paramod$0a1b…\counter` are both `counter`. */
function plainName(id: string): string {
  return /^\$paramod[^\\]*\\([^\\]+)/.exec(id)?.[1] ?? id;
}

/** Said of a cell type whose resources are missing from the sums. */
export function unknownCell(type: string): string {
  return `Cells of type ${type} are not counted.`;
}
