import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPool } from '../../tools/pool.ts';
import { keyOf, type Store } from '../../tools/store.ts';
import { NOTHING } from '../cells.ts';
import type { Utilization } from '../report.ts';
import { ELABORATED, mappingScript, scriptText, type YosysFamily } from '../script.ts';
import { countResources, unknownCell } from '../statistics.ts';
import { runYosys, type Yosys } from '../yosys.ts';
import { canonicalRtlil, type RtlilModule } from './rtlil.ts';

/** A part of a design that is mapped as one. */
export interface UnitSource {
  readonly name: string;
  readonly id: string;
  /** The unit's own module first, then what is inside it. */
  readonly modules: readonly RtlilModule[];
  /** Other units inside it. */
  readonly boxes: readonly RtlilModule[];
}

/** The cells of one instance. */
export interface MappedUnit {
  readonly cells: Utilization;
  readonly latches: number;
  readonly faults: readonly string[];
}

export interface Mapping {
  readonly yosys: Yosys;
  readonly family: YosysFamily;
  /** What is known of units. */
  readonly store: Store;
  /** Runs of Yosys at the same time. */
  readonly jobs: number;
  readonly onRun?: ((text: string) => void) | undefined;
}

/**
 * Lines of RTLIL that a run of Yosys gets at most, unless one unit has more. A run reads its cell
 * libraries for ten seconds, so small units share one; but not all, because what is done is done
 * when a run ends.
 */
const RUN_LINES = 30_000;
/** Fewer than this are not worth a second run beside the first. */
const SHARED_LINES = 5_000;

/** The module around the units of a run. */
const TOP = 'batch';

/** Of the counting of cells: a unit's entry holds counts, so another number makes all of them anew. */
const COUNTING = 1;

/** Maps units to cells, each flattened. In the order of `units`. */
export async function mapUnits(
  units: readonly UnitSource[],
  { yosys, family, store, jobs, onRun }: Mapping,
): Promise<readonly MappedUnit[]> {
  const script = mappingScript(TOP, family, '');
  const sources = units.map((unit) => {
    const text = unitText(unit);
    const key = keyOf('unit', COUNTING, yosys.name, script, canonicalRtlil(text));
    return { unit, text, key };
  });
  const mapped = new Map<string, MappedUnit>();
  const missing = new Map<string, Source>();
  for (const source of sources) {
    const known = store.read(source.key) as MappedUnit | undefined;
    if (known) mapped.set(source.key, known);
    else missing.set(source.key, source);
  }
  const batches = intoBatches([...missing.values()], ({ text }) => lines(text), jobs);
  await runPool(
    batches.length,
    jobs,
    async (index) => {
      const batch = batches[index] as Source[];
      const { found, seconds } = await mapBatch(batch, yosys, family);
      batch.forEach(({ key }, i) => {
        const { rejected, ...unit } = found[i] as FoundUnit;
        mapped.set(key, unit);
        if (!rejected) store.write(key, unit);
      });
      return `mapped ${batch.map(({ unit }) => unit.name).join(', ')} in ${seconds.toFixed(0)} s`;
    },
    (text) => onRun?.(text),
  );
  return sources.map(({ key, unit }) => {
    const found = mapped.get(key);
    if (!found) throw new Error(`${unit.name} has not been mapped`);
    return found;
  });
}

interface Source {
  readonly unit: UnitSource;
  readonly text: string;
  readonly key: string;
}

interface FoundUnit extends MappedUnit {
  /** Yosys gave up on it: the reason is its fault, and may be gone the next time. */
  readonly rejected: boolean;
}

const lines = (text: string) => text.split('\n').length;

/** Spreads units over runs of about the same size: the largest first, each to the smallest run. */
function intoBatches<T>(all: readonly T[], size: (item: T) => number, jobs: number): T[][] {
  const total = all.reduce((sum, item) => sum + size(item), 0);
  const runs = Math.max(Math.ceil(total / RUN_LINES), total > SHARED_LINES ? jobs : 1);
  const batches = Array.from({ length: Math.min(runs, all.length) }, () => ({
    items: [] as T[],
    size: 0,
  }));
  for (const item of [...all].sort((a, b) => size(b) - size(a))) {
    const least = batches.reduce((best, batch) => (batch.size < best.size ? batch : best));
    least.items.push(item);
    least.size += size(item);
  }
  return batches.map(({ items }) => items);
}

/** The unit with what is inside it, and the ports of other units there. */
function unitText({ modules, boxes }: UnitSource): string {
  const parts = [...modules.map(({ text }) => text), ...boxes.map(({ stub }) => stub)];
  return parts.join('');
}

async function mapBatch(
  batch: readonly Source[],
  yosys: Yosys,
  family: YosysFamily,
): Promise<{ readonly found: readonly FoundUnit[]; readonly seconds: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-units-'));
  try {
    // Names that Yosys makes up from here on are beyond those of the text.
    const parts = ['autoidx 1000000000\n'];
    batch.forEach(({ unit, text }, i) => {
      parts.push(renamed(unit, text, i));
    });
    parts.push(`module \\${TOP}\n`);
    batch.forEach((_, i) => {
      parts.push(`  attribute \\keep 1\n  cell \\unit${i} \\u${i}\n  end\n`);
    });
    parts.push('end\n');
    writeFileSync(join(folder, 'units.il'), parts.join(''));
    const { result, messages, seconds } = await runYosys(yosys, {
      folder,
      files: ['units.il'],
      script: (path) =>
        scriptText([
          'read_rtlil units.il',
          ...batch.map((_, i) => `setattr -mod -set keep_hierarchy 1 unit${i}`),
          `log ${ELABORATED}`,
          ...mappingScript(TOP, family, path),
        ]),
    });
    if (result === undefined) {
      const [only, ...others] = batch;
      if (only && others.length === 0) {
        const faults = [`${only.unit.name}: ${messages.error}`];
        return { found: [{ cells: NOTHING, latches: 0, faults, rejected: true }], seconds };
      }
      // One of them is the cause.
      const alone = [];
      for (const source of batch) alone.push(await mapBatch([source], yosys, family));
      return {
        found: alone.flatMap(({ found }) => found),
        seconds: alone.reduce((sum, run) => sum + run.seconds, seconds),
      };
    }
    const found = batch.map(({ unit }, i): FoundUnit => {
      const own = withoutBoxes(result, `unit${i}_box`);
      const { whole, latches, unknownCells } = countResources(own, `unit${i}`);
      const unknown = unknownCells.map(unknownCell);
      const mine = messages.faults.filter((fault) => new RegExp(`unit${i}(?!\\d)`).test(fault));
      const faults = [...mine, ...unknown].map((fault) => `${unit.name}: ${fault}`);
      return { cells: whole, latches, faults, rejected: false };
    });
    return { found, seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Modules of a unit get names of their own, because several units may contain the same module. */
function renamed(unit: UnitSource, text: string, index: number): string {
  const names = new Map<string, string>([[unit.id, `\\unit${index}`]]);
  unit.modules.slice(1).forEach(({ id }, i) => {
    names.set(id, `\\unit${index}_part${i}`);
  });
  unit.boxes.forEach(({ id }, i) => {
    names.set(id, `\\unit${index}_box${i}`);
  });
  return text.replace(
    /^(module | {2}cell )(\S+)/gm,
    (_, start: string, id: string) => `${start}${names.get(id) ?? id}`,
  );
}

/** Statistics without the instances of black boxes, which are units of their own. */
function withoutBoxes(json: string, prefix: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) =>
    key.replace(/^\\/, '').startsWith(prefix) ? undefined : value,
  );
}
