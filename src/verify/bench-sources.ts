import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Manifest, ManifestOperation } from '../emit/manifest.ts';
import { render } from '../emit/templates.ts';
import { unitNumbers } from './plan-file.ts';

/** The hand-written part, the same for all designs. */
export const benchFolder = fileURLToPath(new URL('../../testbench/', import.meta.url));

export function benchSources(): string[] {
  return readdirSync(benchFolder)
    .filter((name) => /\.(cpp|h)$/.test(name))
    .sort();
}

/** Text of the hand-written part, for the keys of the cache. */
export function benchText(): string {
  return benchSources()
    .map((name) => `${name}\n${readFileSync(join(benchFolder, name), 'utf8')}`)
    .join('\n');
}

const contextSchema = z.strictObject({
  top: z.string(),
  core: z.string(),
  /** The core's name in Verilator's configuration. */
  corePattern: z.string(),
  /** Prefix of the core's signals in the C++ that Verilator writes. */
  path: z.string(),
  inputBytes: z.int().min(1),
  /** Bytes of the bus to weights in external memory; 0 without. */
  weightBytes: z.int().min(0),
  /** The same of the bus to the parameters of channels. */
  parameterBytes: z.int().min(0),
  taps: z.array(z.strictObject({ name: z.string(), unit: z.int() })),
});

const tapNames: Readonly<Record<ManifestOperation['unit'], string>> = {
  matmul: 'matmul',
  layerNorm: 'layer_norm',
  softmax: 'softmax',
  meanPool: 'mean_pool',
};

/** The generated part: the connection to the ports and taps of one design. */
export function designSources(manifest: Manifest): { readonly dut: string; readonly taps: string } {
  const { top, taps, input } = manifest;
  const core = top.replace(/_top$/, '_core');
  const context = contextSchema.parse({
    top,
    core,
    // Verilator compares its own spelling of a name, in which two underscores are written another way.
    corePattern: core.replaceAll(/__+/g, '*'),
    path: `${verilatorName(top)}__DOT__u_core__DOT__`,
    inputBytes: input.lanes,
    weightBytes: (manifest.weights?.axiBits ?? 0) / 8,
    parameterBytes: (manifest.weights?.parameters?.axiBits ?? 0) / 8,
    taps: Object.entries(taps).flatMap(([unit, tap]) => {
      const key = unit as ManifestOperation['unit'];
      return tap === null ? [] : [{ name: tapNames[key], unit: unitNumbers[key] }];
    }),
  });
  return { dut: render('bench/dut.cpp', context), taps: render('bench/taps.vlt', context) };
}

/** Verilator's spelling of a Verilog name: two underscores separate levels, so they are escaped. */
function verilatorName(name: string): string {
  return name.replaceAll('__', '___05F');
}
