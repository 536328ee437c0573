import { lossText } from '../../src/cli/losses.ts';
import { percent, table, thousands } from '../../src/cli/text.ts';
import type { ResourceEstimate } from '../../src/plan/resources.ts';
import { type UnitGroup, type Utilization, unitGroups } from '../../src/synth/index.ts';
import { type AreaFigures, CLOCK_MHZ, type EngineFigures } from './engine-figures.ts';

/** Cycles and losses of an engine. */
export function figuresText(name: string, figures: EngineFigures): string {
  const { tokens, inputs, outputs, vector } = figures.tile;
  const [streamed, stationary] = figures.operandBits;
  const { weightBus, productsPerCycle, arrayProductsPerCycle: array } = figures;
  const weights = weightBus === null ? 'weights on chip' : `weights over ${weightBus} bits of AXI4`;
  return [
    `${name}: array ${tokens} x ${inputs} x ${outputs}, products of ${streamed} x ${stationary} bits, multipliers ${figures.multipliers}, ${vector} vector lanes, ${weights}; ${figures.board}`,
    `${thousands(figures.products)} products in ${thousands(figures.cyclesPerFrame)} cycles: ${productsPerCycle.toFixed(1)} of ${array} a cycle, utilization ${percent(figures.utilization)}`,
    `at ${CLOCK_MHZ} MHz ${figures.framesPerSecond.toFixed(1)} frames per second, ${figures.gops.toFixed(1)} GOPS; latency of a frame ${thousands(figures.latencyCycles)} cycles`,
    lossText({ ...figures.losses, operations: [] }),
  ].join('\n');
}

/** Cells of an engine by part. */
export function areaText({
  tool,
  groups,
  whole,
  estimate,
  faults,
  ...ratios
}: AreaFigures): string {
  const row = (name: string, u: Utilization) => [
    `  ${name}`,
    ...[u.lut, u.lutram, u.ff, u.dsp, u.bram36, u.uram].map(thousands),
    percent((u.lut + u.lutram) / (whole.lut + whole.lutram)),
  ];
  const parts = (Object.entries(groups) as [UnitGroup, Utilization][]).filter(([, u]) =>
    Object.values(u).some((cells) => cells > 0),
  );
  const cells = table(
    [
      ['', 'LUT', 'LUTRAM', 'FF', 'DSP', 'BRAM36', 'URAM', 'of LUTs'],
      ...parts.map(([group, u]) => row(unitGroups[group], u)),
      row('whole', whole),
    ],
    [1, 2, 3, 4, 5, 6, 7],
  );
  const perDsp = (value: number | null, unit: string) =>
    value === null ? 'no DSP' : `${value.toFixed(2)} ${unit}`;
  return [
    `cells, ${tool}, UltraScale+, each unit flattened`,
    cells,
    `planner's estimate over that: ${estimateText(estimate, whole)}`,
    `array: ${ratios.arrayLutPerProduct.toFixed(1)} LUT per product, ${perDsp(ratios.arrayProductsPerDsp, 'products per DSP')}`,
    `whole engine at ${CLOCK_MHZ} MHz: ${perDsp(ratios.gopsPerDsp, 'GOPS/DSP')}, ${ratios.gopsPerKLut.toFixed(2)} GOPS/kLUT`,
    ...faults.map((fault) => `  fault: ${fault}`),
  ].join('\n');
}

/** `LUT 41,000, 0.97 of it` and the like for each resource of which something is used. */
function estimateText(estimate: ResourceEstimate, whole: Utilization): string {
  const rows = [
    ['LUT', estimate.lut, whole.lut + whole.lutram],
    ['DSP', estimate.dsp, whole.dsp],
    ['BRAM36', estimate.bram36, whole.bram36],
    ['URAM', estimate.uram, whole.uram],
  ] as const;
  return rows
    .filter(([, expected, measured]) => expected + measured > 0)
    .map(
      ([name, expected, measured]) =>
        `${name} ${thousands(expected)} (${(expected / measured).toFixed(3)})`,
    )
    .join(', ');
}
