import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { CharacterizedEngine } from '../../bench/support/characterized-engine.ts';
import { fitCoefficients, leastAbsolute } from '../../bench/support/coefficient-fit.ts';
import { modelErrors, spreadOf } from '../../bench/support/model-errors.ts';
import { planDesign } from '../../bench/support/plan-design.ts';
import { createSolver } from '../../src/explore/allocate/hawq-v3.ts';
import { lower } from '../../src/lower/index.ts';
import { productBits } from '../../src/plan/program-memory.ts';
import { featuresOf } from '../../src/plan/resource-model/features.ts';
import { type Coefficients, coefficientsFile } from '../../src/plan/resource-model/model.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const { tool, engines }: { tool: string; engines: readonly CharacterizedEngine[] } = JSON.parse(
  readFileSync(path('../../bench/characterization/engines.json'), 'utf8'),
);
const coefficients: Coefficients = JSON.parse(readFileSync(coefficientsFile, 'utf8'));
const errors = modelErrors(engines, coefficients);

describe('the model of resources', () => {
  test('has the coefficients that its fit to the stored synthesis runs gives', async () => {
    expect(await fitCoefficients(engines, tool)).toEqual(coefficients);
  });

  test('is within 5 % at the median and 12 % at worst for engines that it was not fitted to', () => {
    const heldOut = errors.filter(({ fitted }) => !fitted);
    expect(heldOut.length).toBeGreaterThanOrEqual(5);
    for (const kind of ['lut', 'ff'] as const) {
      const { median, worst } = spreadOf(heldOut, kind);
      expect(median, kind).toBeLessThan(0.05);
      expect(worst, kind).toBeLessThan(0.12);
    }
  });

  test('counts DSPs and blocks of memory exactly', () => {
    for (const { name, measured, predicted } of errors) {
      const blocks = ({ dsp, bram36, uram }: typeof measured) => ({ name, dsp, bram36, uram });
      expect(blocks(predicted)).toEqual(blocks(measured));
    }
  });

  test('has features that are numbers, and coefficients of features that there are', () => {
    for (const { parameters } of engines) {
      for (const [part, features] of Object.entries(featuresOf(parameters))) {
        for (const [name, value] of Object.entries(features)) {
          expect(value, `${part} ${name}`).toBeGreaterThanOrEqual(0);
          expect(value, `${part} ${name}`).toBeLessThan(1e9);
        }
      }
    }
    const named = engines.map(({ parameters }) => featuresOf(parameters));
    for (const [part, { lut, ff }] of Object.entries(coefficients.parts)) {
      for (const name of Object.keys({ ...lut, ...ff })) {
        const known = named.some((features) => name in features[part as keyof typeof features]);
        expect(known, `${part} ${name}`).toBe(true);
      }
    }
  });
});

test('the fit finds the coefficients of a sum, and is not bent by one sample', async () => {
  const samples = Array.from({ length: 12 }, (_, i) => {
    const features = { one: 1, bits: i * i, lanes: (i * 7) % 5 };
    const value = 40 + 3 * features.bits + 11 * features.lanes + (i === 5 ? 500 : 0);
    return { features, value, weight: 1 / 400 };
  });
  const found = leastAbsolute(samples, await createSolver());
  expect(found.one).toBeCloseTo(40, 1);
  expect(found.bits).toBeCloseTo(3, 2);
  expect(found.lanes).toBeCloseTo(11, 1);
});

test('the constants of a matrix product have nearly the bits that the program gives them', async () => {
  const { plan } = await planDesign(path('../../examples/tiny/tiny.vit.ts'));
  expect(Math.abs(productBits(plan.parameters) - lower(plan).matmul.bits)).toBeLessThanOrEqual(2);
});
