import { describe, expect, it, test } from 'vitest';
import { knownBoards, loadBoard } from '../../src/boards/index.ts';
import {
  boardMachine,
  groupOperators,
  type OperatorKind,
  operatorsOf,
  precisionOf,
  roofline,
  uniformPrecision,
} from '../../src/explore/roofline/index.ts';
import type { Model } from '../../src/model/index.ts';
import { smallModel } from '../quantize/models.ts';

/** ViT-Base: patches of 16, 768 channels, 12 blocks of 12 heads, an MLP of 3072. */
const vitBase = (side: number, pooling: 'class' | 'mean' = 'class'): Model => ({
  ...smallModel({
    ...{ side, channels: 3, patch: 16, width: 768, heads: 12, depth: 12 },
    ...{ hidden: 3072, classes: 1000, pooling },
  }),
  name: 'vit_base',
});

/**
 * ViT-Base/224 in 8 bits, a byte for every element, by hand. T = 14 * 14 + 1 = 197 tokens, D = 768,
 * heads of 64, patches of 16 * 16 * 3 = 768 pixels.
 *
 *     T * D = 151,296    D * D = 589,824    12 * T * T = 465,708    T * 3072 = 605,184
 *
 * operator      products                             bytes: read + weights + written
 * patches       196*768*768        =  115,605,504    150,528 +   589,824 + 151,296 =   891,648
 * LayerNorm     -                                    151,296 +         0 + 151,296 =   302,592
 * QKV           3 * 197*768*768    =  348,585,984    151,296 + 1,769,472 + 453,888 = 2,374,656
 * QK^T          12 * 197*197*64    =   29,805,312    302,592 +         0 + 465,708 =   768,300
 * softmax       -                                    465,708 +         0 + 465,708 =   931,416
 * AV            12 * 197*197*64    =   29,805,312    617,004 +         0 + 151,296 =   768,300
 * projection    197*768*768        =  116,195,328    151,296 +   589,824 + 151,296 =   892,416
 * sum           -                                    302,592 +         0 + 151,296 =   453,888
 * FC1           197*768*3072       =  464,781,312    151,296 + 2,359,296 + 605,184 = 3,115,776
 * GELU          -                                    605,184 +         0 + 605,184 = 1,210,368
 * FC2           197*3072*768       =  464,781,312    605,184 + 2,359,296 + 151,296 = 3,115,776
 * head          768*1000           =      768,000        768 +   768,000 +   1,000 =   769,768
 *
 * Two operations a product; 5 an element of softmax, 7 of LayerNorm, 8 of GELU, 1 of a sum:
 *
 *     softmax 5 * 465,708 = 2,328,540    LayerNorm 7 * 151,296 = 1,059,072
 *     GELU 8 * 605,184 = 4,841,472       sum 151,296
 */
const BY_HAND: readonly [name: string, operations: number, bytes: number, intensity: number][] = [
  ['patchEmbedding', 231_211_008, 891_648, 259.31],
  ['block0.attention.norm', 1_059_072, 302_592, 3.5],
  ['block0.attention.qkv', 697_171_968, 2_374_656, 293.59],
  ['block0.attention.scores', 59_610_624, 768_300, 77.59],
  ['block0.attention.probabilities', 2_328_540, 931_416, 2.5],
  ['block0.attention.weighted', 59_610_624, 768_300, 77.59],
  ['block0.attention.output', 232_390_656, 892_416, 260.41],
  ['block0.attention.residual', 151_296, 453_888, 0.33],
  ['block0.mlp.norm', 1_059_072, 302_592, 3.5],
  ['block0.mlp.linear0', 929_562_624, 3_115_776, 298.34],
  ['block0.mlp.linear0.gelu', 4_841_472, 1_210_368, 4],
  ['block0.mlp.linear1', 929_562_624, 3_115_776, 298.34],
  ['head', 1_536_000, 769_768, 2],
];

const operators = operatorsOf(vitBase(224), uniformPrecision(8));
const named = (name: string) => {
  const found = operators.find((o) => o.name === name);
  if (!found) throw new Error(`no operator ${name}`);
  return found;
};

describe('operators of ViT-Base/224', () => {
  test.each(BY_HAND)('%s: %d operations, %d bytes', (name, operations, bytes, intensity) => {
    expect(named(name)).toMatchObject({ operations, bytes });
    expect(named(name).intensity).toBeCloseTo(intensity, 1);
  });

  it('adds up to 35.1 GOP of products: 12 * 2,907,909,120 + 231,211,008 + 1,536,000', () => {
    const products = operators.filter((o) => o.products > 0);
    expect(products.reduce((sum, o) => sum + o.operations, 0)).toBe(35_127_656_448);
    expect(operators).toHaveLength(1 + 12 * 12 + 2);
  });

  it('has FC1 and FC2 high, QK^T and AV low, softmax lowest of what moves tensors of its own', () => {
    const block = operators.filter((o) => o.name.startsWith('block0.') && !o.fused);
    const order = block.toSorted((a, b) => b.intensity - a.intensity).map((o) => o.name);
    expect(order.slice(0, 2).toSorted()).toEqual(['block0.mlp.linear0', 'block0.mlp.linear1']);
    const matrices = block.filter((o) => o.products > 0);
    const lowest = matrices.toSorted((a, b) => a.intensity - b.intensity).map((o) => o.kind);
    expect(lowest.slice(0, 2).toSorted()).toEqual(['scores', 'weightedValues']);
    expect(order.at(-1)).toBe('block0.attention.probabilities');
  });

  it('falls into eleven groups, which all blocks have, and the ends', () => {
    const groups = groupOperators(operators);
    expect(groups.map(({ kind, count }) => [kind, count])).toEqual([
      ['patchEmbedding', 1],
      ['layerNorm', 24],
      ['qkv', 12],
      ['scores', 12],
      ['softmax', 12],
      ['weightedValues', 12],
      ['projection', 12],
      ['residual', 24],
      ['feedForward', 12],
      ['activation', 12],
      ['feedForward', 12],
      ['layerNorm', 1],
      ['head', 1],
    ]);
  });
});

describe('growth with the image', () => {
  const sizes = [224, 448, 896].map((side) =>
    operatorsOf(vitBase(side, 'mean'), uniformPrecision(8)),
  );
  const growth = (kind: OperatorKind) =>
    sizes.map((all) => {
      const one = all.find((o) => o.kind === kind);
      const first = sizes[0]?.find((o) => o.kind === kind);
      return (one?.operations ?? 0) / (first?.operations ?? 1);
    });

  // Without a class token, twice the side is four times the tokens.
  test.each<[OperatorKind, number]>([
    ['scores', 2],
    ['softmax', 2],
    ['weightedValues', 2],
    ['patchEmbedding', 1],
    ['qkv', 1],
    ['feedForward', 1],
    ['layerNorm', 1],
    ['residual', 1],
    ['head', 0],
  ])('%s grows with power %d of the tokens', (kind, power) => {
    expect(growth(kind)).toEqual([1, 4 ** power, 16 ** power]);
  });
});

describe('precision', () => {
  it('is that of each tensor', () => {
    const settings = { weights: 4, activations: 6, residual: 16, ends: 8 };
    const model = smallModel();
    const all = operatorsOf(
      model,
      precisionOf({ ...settings, layers: { 'block0.mlp.linear1': { weights: 2 } } }),
    );
    const of = (name: string) => all.find((o) => o.name === name)?.traffic;
    // 10 tokens of 16 channels, 32 hidden ones.
    expect(of('block0.mlp.linear0')).toEqual({ read: 120, weights: 256, written: 240 });
    expect(of('block0.mlp.linear1')).toEqual({ read: 240, weights: 128, written: 320 });
    expect(of('patchEmbedding')).toEqual({ read: 144, weights: 256, written: 320 });
    expect(of('head')).toEqual({ read: 16, weights: 80, written: 10 });
  });

  it('makes weights of half the bits half the traffic, and intensity no lower', () => {
    const eight = operatorsOf(vitBase(224), uniformPrecision(8));
    const four = operatorsOf(vitBase(224), uniformPrecision(4));
    four.forEach((o, i) => {
      expect(o.bytes).toBe((eight[i]?.bytes ?? 0) / 2);
      expect(o.intensity).toBeCloseTo(2 * (eight[i]?.intensity ?? 0), 9);
    });
  });
});

describe('roofline', () => {
  const board = loadBoard('zcu102', '.');

  it('is the lower of peak and bandwidth times intensity', () => {
    const machine = { name: 'm', operationsPerSecond: 1e12, bytesPerSecond: 1e10 };
    const { ridge, points } = roofline(operators, machine);
    expect(ridge).toBe(100);
    const at = (name: string) => points.find((p) => p.name === name);
    expect(at('block0.mlp.linear0')).toMatchObject({ bound: 'compute', attainable: 1e12 });
    expect(at('block0.attention.scores')?.bound).toBe('memory');
    expect(at('block0.attention.scores')?.attainable).toBeCloseTo(77.588e10, -8);
    expect(at('block0.attention.probabilities')?.attainable).toBeCloseTo(2.5e10, 0);
    expect(() => roofline(operators, { ...machine, bytesPerSecond: 0 })).toThrow(RangeError);
  });

  it('has the peak of the DSPs at the packing that the bits allow', () => {
    const peak = (bits: number, name = 'zcu102') =>
      boardMachine(loadBoard(name, '.'), { aBits: bits, bBits: bits, clockMHz: 100 })
        .operationsPerSecond;
    // 2520 DSPs, two operations a product: two products in a DSP at 8 bits, four at 3.
    expect(peak(8)).toBe(2 * 2 * 2520 * 1e8);
    expect(peak(3)).toBe(4 * 2 * 2520 * 1e8);
    // The DSP48E1 of a 7-series board does not pack.
    expect(peak(8, 'pynq-z2')).toBe(2 * 220 * 1e8);
  });

  it('has the bandwidth of the slower of bus and memory', () => {
    const bandwidth = (clockMHz: number, busBits: number) =>
      boardMachine(board, { aBits: 8, bBits: 8, clockMHz, busBits }).bytesPerSecond;
    expect(bandwidth(100, 128)).toBe(16 * 1e8);
    expect(bandwidth(1000, 256)).toBe(19.2e9);
    expect(boardMachine(board, { aBits: 8, bBits: 8 }).bytesPerSecond).toBe(19.2e9);
  });

  test.each(knownBoards())('%s has one', (name) => {
    const machine = boardMachine(loadBoard(name, '.'), { aBits: 8, bBits: 8 });
    expect(machine.operationsPerSecond).toBeGreaterThan(0);
    expect(machine.bytesPerSecond).toBeGreaterThan(0);
  });
});
