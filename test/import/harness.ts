import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import { importParameters } from '../../src/import/index.ts';
import type { Model, Parameters } from '../../src/model/index.ts';
import { smallModel } from '../quantize/models.ts';
import type { FileOptions } from '../support/onnx-builder.ts';
import type { vitGraph } from './vit-graph.ts';

/** Where the files of a test run lie. */
export const folder = mkdtempSync(join(tmpdir(), 'vitrum-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

export const MODEL = smallModel({ side: 8, width: 8, hidden: 12, classes: 3 });
export const PLACE = { file: 'a.vit.ts', line: 3, column: 5 };

export function importBytes(model: Model, bytes: Uint8Array): Parameters {
  writeFileSync(join(folder, 'model.onnx'), bytes);
  return importParameters(model, { kind: 'onnx', file: 'model.onnx' }, folder, PLACE);
}

export function importGraph(
  model: Model,
  { graph, output }: ReturnType<typeof vitGraph>,
  options?: FileOptions,
): Parameters {
  const { channels, height, width } = model.image;
  return importBytes(
    model,
    graph.bytes(output, { input: ['n', channels, height, width], ...options }),
  );
}

/** `VT205 the sentence.` of each fault of the import. */
export function faultsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof DiagnosticsError) {
      return error.diagnostics.map((d) => {
        expect(d.place).toEqual(PLACE);
        return `${d.code} ${d.message}`;
      });
    }
    throw error;
  }
  throw new Error('the import succeeded');
}

export function expectSame(found: Parameters, wanted: Parameters) {
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [path, { shape, data }] of wanted) {
    expect(found.get(path)?.shape, path).toEqual(shape);
    const difference = data.reduce(
      (max, v, i) => Math.max(max, Math.abs(v - (found.get(path)?.data[i] ?? Number.NaN))),
      0,
    );
    expect(difference, path).toBeLessThan(1e-6);
  }
}
