import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { peerEngines, peerUnits, peerUtilizations } from '../../bench/peers.ts';
import { areaFigures, engineFigures } from '../../bench/support/engine-figures.ts';
import { areaText, figuresText } from '../../bench/support/engine-text.ts';
import { comparisonText } from '../../bench/support/peers-text.ts';
import { planDesign } from '../../bench/support/plan-design.ts';
import { NOTHING } from '../../src/synth/cells.ts';
import { type UnitGroup, unitGroups } from '../../src/synth/index.ts';

const tiny = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
const { plan } = await planDesign(tiny);
const figures = engineFigures(plan);

describe('figures of an engine', () => {
  test('are those of the plan, and every cycle has a cause', () => {
    const { losses } = figures;
    expect(figures.cyclesPerFrame).toBe(plan.cycles.perFrame);
    expect(losses.perFrame).toBe(plan.cycles.perFrame);
    const lost = Object.values(losses.lost).reduce((sum, n) => sum + n, 0);
    expect(losses.useful + lost).toBeCloseTo(losses.perFrame, 6);
    expect(figures.utilization).toBeCloseTo(losses.useful / losses.perFrame, 12);
    expect(figures.productsPerCycle / figures.arrayProductsPerCycle).toBeCloseTo(
      figures.utilization,
      12,
    );
    // 300 million cycles a second, two operations a product.
    expect(figures.gops).toBeCloseTo(0.6 * figures.productsPerCycle, 9);
  });

  const group = (lut: number, dsp: number) => ({ ...NOTHING, lut, lutram: 1, ff: 3, dsp });
  const names = Object.keys(unitGroups) as UnitGroup[];
  const groups = Object.fromEntries(names.map((name, i) => [name, group(100 * i, i % 2)]));
  const report = { ...group(2000, 10), tool: 'Yosys 0', latches: 1, faults: ['x'] };
  const area = areaFigures(figures, report, groups as Record<UnitGroup, ReturnType<typeof group>>, {
    lut: 1801,
    ff: 3,
    dsp: 10,
    bram36: 0,
    uram: 0,
    memoryBits: 0,
  });

  test('ratios count LUTs of memories as LUTs, and no DSP is no ratio', () => {
    expect(area.arrayLutPerProduct).toBeCloseTo(1 / figures.arrayProductsPerCycle, 12);
    expect(area.arrayProductsPerDsp).toBeNull();
    expect(area.gopsPerDsp).toBeCloseTo(figures.gops / 10, 12);
    expect(area.gopsPerKLut).toBeCloseTo(figures.gops / 2.001, 12);
    expect(area.perLane.softmax?.lut).toBe(500 / figures.tile.vector);
    const lanes = figures.tile.tokens * figures.tile.outputs;
    expect(area.perLane.gelu?.lut).toBe((300 + 400) / lanes);
    expect(area.faults).toEqual(['x', '1 latches']);
  });

  test('the text holds every group, cause and peer', () => {
    const text = `${figuresText('tiny', figures)}\n${areaText(area)}`;
    for (const title of Object.values(unitGroups)) expect(text).toContain(title);
    expect(text).toContain('fault: 1 latches');
    expect(text).toContain('LUT 1,801 (0.900), DSP 10 (1.000)');
    const comparison = comparisonText([{ name: 'tiny', figures, area }]);
    for (const { name } of [...peerEngines, ...peerUnits, ...peerUtilizations]) {
      expect(comparison).toContain(name);
    }
    expect(comparison).toContain('Vitrum tiny');
  });
});

test('every figure of a peer has a source, and ratios agree with what they are made of', () => {
  for (const peer of [...peerEngines, ...peerUnits, ...peerUtilizations]) {
    expect(peer.source.length).toBeGreaterThan(8);
    expect(peer.evidence).toBeTruthy();
  }
  for (const { name, gops, dsp, kLut, gopsPerDsp, gopsPerKLut } of peerEngines) {
    if (gops && dsp && gopsPerDsp) expect([name, gopsPerDsp / (gops / dsp)]).toEqual([name, near]);
    if (gops && kLut && gopsPerKLut)
      expect([name, gopsPerKLut / (gops / kLut)]).toEqual([name, near]);
  }
});

const near = expect.closeTo(1, 2);
