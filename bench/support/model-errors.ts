import { loadBoard } from '../../src/boards/index.ts';
import type { ModelledPart } from '../../src/plan/resource-model/features.ts';
import type { Coefficients } from '../../src/plan/resource-model/model.ts';
import { type EnginePart, engineParts, memoryNeed } from '../../src/plan/resources.ts';
import type { CharacterizedEngine } from './characterized-engine.ts';
import { type Cells, measuredPart, wholeCells } from './coefficient-fit.ts';

/** What is counted of an engine. */
export interface EngineCells extends Cells {
  readonly dsp: number;
  readonly bram36: number;
  readonly uram: number;
}

/** Predicted beside measured cells of an engine. */
export interface ModelError extends Pick<CharacterizedEngine, 'name' | 'text' | 'fitted'> {
  readonly measured: EngineCells;
  readonly predicted: EngineCells;
  /** The largest difference of a part, as a share of all LUTs. */
  readonly worstPart: { readonly part: ModelledPart | 'array'; readonly share: number };
}

/** How far the model is off for whole engines. */
export function modelErrors(
  engines: readonly CharacterizedEngine[],
  coefficients: Coefficients,
): readonly ModelError[] {
  return engines.map((engine) => {
    const { name, text, fitted, parameters, groups } = engine;
    const board = loadBoard(engine.board, process.cwd());
    const memories = memoryNeed(parameters, board);
    const parts = engineParts(parameters, board, memories, coefficients);
    const measured = { ...wholeCells(engine), ...blocksOf(Object.values(groups)) };
    const lutsOf = (part: EnginePart['name']) =>
      part === 'array'
        ? groups.array.lut + groups.array.lutram
        : measuredPart(engine, part).lut +
          (part === 'memories' ? memories.lut + memories.lutram : 0);
    const differences = parts.map(({ name, lut }) => ({ part: name, lut: lut - lutsOf(name) }));
    const worst = differences.reduce((a, b) => (Math.abs(b.lut) > Math.abs(a.lut) ? b : a));
    return {
      ...{ name, text, fitted, measured },
      predicted: {
        lut: parts.reduce((sum, { lut }) => sum + lut, 0),
        ff: parts.reduce((sum, { ff }) => sum + ff, 0),
        ...blocksOf(parts),
      },
      worstPart: { part: worst.part, share: worst.lut / measured.lut },
    };
  });
}

function blocksOf(all: readonly Omit<EngineCells, keyof Cells>[]) {
  const sum = (kind: 'dsp' | 'bram36' | 'uram') => all.reduce((n, cells) => n + cells[kind], 0);
  return { dsp: sum('dsp'), bram36: sum('bram36'), uram: sum('uram') };
}

/** Errors as shares, without their signs. */
export function spreadOf(
  errors: readonly ModelError[],
  kind: keyof Cells,
): { readonly median: number; readonly worst: number } {
  const sorted = errors
    .map(({ measured, predicted }) => Math.abs(predicted[kind] / measured[kind] - 1))
    .sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (i: number) => sorted[Math.max(0, Math.min(sorted.length - 1, i))] ?? 0;
  return {
    median: (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2,
    worst: at(sorted.length - 1),
  };
}

export function errorText(
  errors: readonly ModelError[],
  table: (rows: readonly (readonly string[])[], right: readonly number[]) => string,
): string {
  const percent = (share: number) => `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`;
  const rows = errors.map(({ name, text, fitted, measured, predicted, worstPart }) => [
    name,
    fitted ? '' : 'held out',
    String(measured.lut),
    percent(predicted.lut / measured.lut - 1),
    String(measured.ff),
    percent(predicted.ff / measured.ff - 1),
    `${predicted.dsp}/${measured.dsp}`,
    `${predicted.bram36}/${measured.bram36}`,
    `${worstPart.part} ${percent(worstPart.share)}`,
    text,
  ]);
  const summary = [true, false].map((fitted) => {
    const some = errors.filter((error) => error.fitted === fitted);
    const [lut, ff] = (['lut', 'ff'] as const).map((kind) => spreadOf(some, kind));
    const words = (spread: typeof lut) =>
      spread ? `median ${percent(spread.median)}, worst ${percent(spread.worst)}` : '';
    return `${some.length} ${fitted ? 'fitted' : 'held out'}: LUT ${words(lut)}; FF ${words(ff)}`;
  });
  const header = [
    'engine',
    '',
    'LUT',
    'model',
    'FF',
    'model',
    'DSP',
    'BRAM36',
    'worst part, LUT',
    '',
  ];
  return [table([header, ...rows], [2, 3, 4, 5, 6, 7]), ...summary].join('\n');
}
