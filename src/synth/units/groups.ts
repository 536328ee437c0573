import { addUtilization, NOTHING } from '../cells.ts';
import type { UnitUtilization, Utilization } from '../report.ts';
import type { RtlilModule } from './rtlil.ts';

/** Parts of an engine that figures are given for, in the order in which they are printed. */
export const unitGroups = {
  array: 'array',
  operands: 'tile loader and operands',
  accumulator: 'partial sums',
  epilogue: 'epilogue without tables',
  gelu: 'GELU tables',
  softmax: 'softmax',
  layerNorm: 'LayerNorm',
  meanPool: 'mean over tokens',
  sequencer: 'sequencer, program, registers',
  streams: 'streams',
  memories: 'memories',
  wiring: 'top and core themselves',
} as const;
export type UnitGroup = keyof typeof unitGroups;

/** The modules of the library that are synthesized on their own, with what is inside them. */
export const unitRoots: Readonly<Record<string, UnitGroup>> = {
  vt_mac_array: 'array',
  vt_matmul: 'operands',
  vt_tile_loader: 'operands',
  vt_token_streamer: 'operands',
  vt_operands: 'operands',
  vt_accumulator: 'accumulator',
  vt_group_scale: 'accumulator',
  vt_row_align: 'epilogue',
  vt_epilogue: 'epilogue',
  vt_channel_parameters: 'epilogue',
  vt_softmax: 'softmax',
  vt_layer_norm: 'layerNorm',
  vt_token_steps: 'layerNorm',
  vt_mean_pool: 'meanPool',
  vt_sequencer: 'sequencer',
  vt_registers: 'sequencer',
  vt_stream_in: 'streams',
  vt_stream_out: 'streams',
  vt_weight_stream: 'streams',
};

/** Parts of an array that occur many times: synthesized once, and not with what is around them. */
const arrayParts = new Set([
  'vt_mac_tile',
  'vt_dot_product',
  'vt_dot_chain',
  'vt_dsp_chain',
  'vt_product_pair',
  'vt_product_pack',
  'vt_sum_tree',
]);

/** Parts of the epilogue that look activations up. */
const tableParts = new Set(['vt_rom', 'vt_table_lanes']);

/** A part that is synthesized at once. */
export interface Unit {
  readonly group: UnitGroup;
  readonly root: RtlilModule;
  /** Times it occurs in the engine. */
  readonly instances: number;
  /** The root, and modules inside it that are no units. */
  readonly modules: readonly RtlilModule[];
  /** Units inside it, which are black boxes for it. */
  readonly boxes: readonly RtlilModule[];
}

/**
 * The group of a module that is a unit where it stands; undefined when it belongs to the unit
 * around it, as adder trees and delay lines do.
 *
 * @param parent undefined for the top module
 */
export function groupOf(name: string, parent: string | undefined): UnitGroup | undefined {
  const root = unitRoots[name];
  if (root) return root;
  if (parent === undefined || name.endsWith('_core')) return 'wiring';
  if (name.endsWith('_program')) return 'sequencer';
  if (name.endsWith('_weights')) return 'memories';
  if (/^vt_mac_(plain|packed|lut)$/.test(parent) && arrayParts.has(name)) return 'array';
  if (parent === 'vt_epilogue' && tableParts.has(name)) return 'gelu';
  if (parent.endsWith('_core') && (name === 'vt_rom' || name === 'vt_ram')) return 'memories';
  return undefined;
}

/** Cuts a design into units: every instance of every module below `top` is in exactly one. */
export function partition(modules: ReadonlyMap<string, RtlilModule>, top: string): readonly Unit[] {
  const units = new Map<string, Unit>();
  const moduleOf = (id: string): RtlilModule => {
    const module = modules.get(id);
    if (!module) throw new Error(`the design has no module ${id}`);
    return module;
  };
  const addUnit = (root: RtlilModule, group: UnitGroup, instances: number): void => {
    const key = `${group} ${root.id}`;
    const inside = new Map([[root.id, root]]);
    const boxes = new Map<string, RtlilModule>();
    const visit = (parent: RtlilModule, times: number): void => {
      for (const [id, count] of parent.children) {
        const child = moduleOf(id);
        const own = groupOf(child.name, parent.name);
        if (own) {
          boxes.set(id, child);
          addUnit(child, own, times * count);
        } else {
          inside.set(id, child);
          visit(child, times * count);
        }
      }
    };
    visit(root, instances);
    const known = units.get(key)?.instances ?? 0;
    const made = { group, root, instances: known + instances };
    units.set(key, { ...made, modules: [...inside.values()], boxes: [...boxes.values()] });
  };
  addUnit(moduleOf(top), 'wiring', 1);
  return [...units.values()];
}

/** The sum over the units of each group. */
export function groupUtilization(
  units: readonly UnitUtilization[],
): Readonly<Record<UnitGroup, Utilization>> {
  const groups = Object.keys(unitGroups) as UnitGroup[];
  return Object.fromEntries(
    groups.map((group) => [
      group,
      units
        .filter((unit) => unit.group === group)
        .reduce<Utilization>((sum, unit) => addUtilization(sum, unit), NOTHING),
    ]),
  ) as Record<UnitGroup, Utilization>;
}
