import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EngineParameters } from '../parameters.ts';
import { type Features, featuresOf, type ModelledPart, modelledParts } from './features.ts';

/** Cells by kind; LUTs that are memory or shift registers are among the LUTs. */
export interface PartCells {
  readonly lut: number;
  readonly ff: number;
}

/** Cells for each unit of a feature. */
export interface PartCoefficients {
  readonly lut: Features;
  readonly ff: Features;
}

/** What `npm run characterize` writes. */
export interface Coefficients {
  /** The Yosys that counted the cells. */
  readonly tool: string;
  readonly parts: Readonly<Record<ModelledPart, PartCoefficients>>;
}

export const coefficientsFile = fileURLToPath(new URL('./coefficients.json', import.meta.url));

const fitted: Coefficients = Object.freeze(JSON.parse(readFileSync(coefficientsFile, 'utf8')));

/**
 * Cells of the parts of an engine beside its array and its memories, by a linear model of the
 * widths of their data paths.
 *
 * @param coefficients others than those of the project, where a fit is tried
 */
export function modelCells(
  p: EngineParameters,
  coefficients: Coefficients = fitted,
): Readonly<Record<ModelledPart, PartCells>> {
  const features = featuresOf(p);
  return Object.fromEntries(
    modelledParts.map((part) => {
      const { lut, ff } = coefficients.parts[part];
      return [part, { lut: weigh(features[part], lut), ff: weigh(features[part], ff) }];
    }),
  ) as Record<ModelledPart, PartCells>;
}

function weigh(features: Features, coefficients: Features): number {
  let sum = 0;
  for (const name in coefficients) {
    sum += (coefficients[name] as number) * (features[name] ?? 0);
  }
  return sum;
}
