import { table } from '../src/cli/text.ts';
import { type ExploredPlan, explore } from '../src/explore/index.ts';
import { type RowKind, rowsName } from '../src/explore/row-kinds.ts';
import { type PeerSearch, peerSearches } from './peers.ts';
import type { Measured } from './support/measured.ts';

/** What the search finds where a published one searched: the same board, clock, bits and DSPs. */
interface Beside {
  readonly peer: PeerSearch;
  /** What the plan was asked to be best in. */
  readonly best: 'frames per second' | 'GOPS/kLUT';
  /** Of the plans with such rows. */
  readonly rows: RowKind | null;
  readonly ours: Figures | null;
}

interface Figures {
  readonly plan: ExploredPlan;
  readonly framesPerSecond: number;
  /** Two for each useful product, attention included. */
  readonly gops: number;
  readonly gopsPerDsp: number;
  readonly gopsPerKLut: number;
}

/**
 * @param designs design files by the names of the peers' models
 * @param models the models to search
 */
export async function besidePublished(
  designs: Readonly<Record<string, string>>,
  models: readonly string[],
): Promise<Measured> {
  const found: Beside[] = [];
  for (const peer of peerSearches) {
    const model = peer.model.replace('DeiT-', '');
    const design = designs[model];
    if (!design || !models.includes(model)) continue;
    found.push(...(await search(design, peer)));
    console.error(`${peer.model} ${peer.bits} ${peer.products}: done`);
  }
  return { text: textOf(found), json: found };
}

/** Within the DSPs and LUTs of the peer where they are known, and of the budget of the board. */
async function search(design: string, peer: PeerSearch): Promise<readonly Beside[]> {
  const [weights = 8, activations = 8] = peer.bits.split(/\D+/).slice(1).map(Number);
  const limits = {
    ...(peer.dsp !== undefined && { dsp: peer.dsp }),
    ...(peer.kLut !== undefined && { lut: 1000 * peer.kLut }),
  };
  const onLuts = peer.products !== 'DSPs';
  const rows = onLuts && weights === 8 ? ROWS : [];
  const { result } = await explore(design, {
    ...{ board: 'zcu102', limits, alternatives: false },
    bits: [{ weights, activations }],
    clocksMHz: [peer.clockMHz ?? 150],
    multipliers: MULTIPLIERS[peer.products],
    splits: peer.products === 'DSPs and LUTs',
    rows,
  });
  const { answer, front } = result;
  const most = (of: (figures: Figures) => number, plans: readonly ExploredPlan[]) =>
    plans.map(figuresOf).reduce<Figures | null>((best, one) => {
      return best && of(best) >= of(one) ? best : one;
    }, null);
  const found: Beside[] = [
    { peer, best: 'frames per second', rows: null, ours: answer && figuresOf(answer) },
  ];
  for (const kind of rows) {
    const own = front.filter(({ point: { bits } }) => bits?.rows?.kind === kind.kind);
    const ours = most((one) => one.framesPerSecond, own);
    found.push({ peer, best: 'frames per second', rows: kind, ours });
  }
  if (peer.gopsPerKLut !== undefined) {
    const ours = most((one) => one.gopsPerKLut, front);
    found.push({ peer, best: 'GOPS/kLUT', rows: null, ours });
  }
  return found;
}

/** What may make the products of the array; where the peer's are all on LUTs, so are ours. */
const MULTIPLIERS = {
  DSPs: ['single', 'double', 'quad'],
  'DSPs and LUTs': ['single', 'double', 'quad', 'lut'],
  LUTs: ['lut'],
} as const;

/** Beside weights of 8 bits: what is cheapest on LUTs, and what Auto-ViT-Acc has there. */
const ROWS: readonly RowKind[] = [
  { kind: 'fixed', bits: 4 },
  { kind: 'powerOfTwo', bits: 4 },
];

function figuresOf(plan: ExploredPlan): Figures {
  const { framesPerSecond, utilization, need } = plan.evaluation;
  const { tokens, inputs, outputs } = plan.point.tile;
  const gops = (2 * tokens * inputs * outputs * utilization * plan.point.clockMHz) / 1e3;
  return {
    plan: { point: plan.point, evaluation: plan.evaluation },
    ...{ framesPerSecond, gops },
    gopsPerDsp: need.dsp > 0 ? gops / need.dsp : Number.POSITIVE_INFINITY,
    gopsPerKLut: (1000 * gops) / need.lut,
  };
}

function textOf(found: readonly Beside[]): string {
  const number = (value: number | undefined, digits = 0) =>
    value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);
  const rows = found.flatMap(({ peer, best, ours, rows: kind }) => [
    ...(kind ? [] : [peerRow(peer, number)]),
    ours ? ourRow(ours, best, number) : ['', 'Vitrum', kind ? 'no faster' : 'nothing fits'],
  ]);
  const head = ['', '', 'tile', 'MHz', 'fps', 'GOPS', 'DSP', 'kLUT', 'GOPS/DSP', 'GOPS/kLUT'];
  return table([[...head, 'most'], ...rows], [3, 4, 5, 6, 7, 8, 9]);
}

type NumberText = (value: number | undefined, digits?: number) => string;

function peerRow(peer: PeerSearch, number: NumberText): string[] {
  return [
    ...[`${peer.model} ${peer.bits}, ${peer.products}`, peer.name, ''],
    ...[number(peer.clockMHz), number(peer.framesPerSecond, 1), number(peer.gops)],
    ...[number(peer.dsp), number(peer.kLut, 1)],
    ...[number(peer.gopsPerDsp, 3), number(peer.gopsPerKLut, 2), ''],
  ];
}

function ourRow(
  { plan, framesPerSecond, gops, gopsPerDsp, gopsPerKLut }: Figures,
  best: Beside['best'],
  number: NumberText,
): string[] {
  const { tile, multipliers, lutOutputs, clockMHz, bits } = plan.point;
  const { need } = plan.evaluation;
  const kind = bits?.rows ? `, ${rowsName(bits.rows)}` : '';
  const split = lutOutputs > 0 ? ` + ${lutOutputs} on LUTs${kind}` : '';
  const shape = `${tile.tokens} x ${tile.inputs} x ${tile.outputs}, ${multipliers}${split}`;
  return [
    ...['', 'Vitrum', shape, number(clockMHz), number(framesPerSecond, 1), number(gops)],
    ...[number(need.dsp), number(need.lut / 1000, 1), number(gopsPerDsp, 3)],
    ...[number(gopsPerKLut, 2), best],
  ];
}
