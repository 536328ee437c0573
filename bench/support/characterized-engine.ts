import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileLoaded } from '../../src/compile.ts';
import type { AnyDesign, LoadedDesign } from '../../src/dsl/load.ts';
import { readManifest, writeFolder } from '../../src/emit/index.ts';
import type { EngineParameters } from '../../src/plan/index.ts';
import {
  groupUtilization,
  synthesize,
  type UnitGroup,
  type Utilization,
} from '../../src/synth/index.ts';

/** An engine, and what Yosys made of it. */
export interface CharacterizedEngine {
  readonly name: string;
  /** What a reader needs to tell the engines apart. */
  readonly text: string;
  /** Coefficients are fitted to it; the others are there to be predicted. */
  readonly fitted: boolean;
  /** By whose memories it was planned. */
  readonly board: string;
  readonly parameters: EngineParameters;
  readonly groups: Readonly<Record<UnitGroup, Utilization>>;
}

/** Builds and synthesizes. Throws `Error` where Yosys finds a fault. */
export async function synthesizeEngine(
  loaded: Pick<LoadedDesign<AnyDesign>, 'design' | 'folder'>,
  { jobs, onRun }: { readonly jobs: number; readonly onRun: (text: string) => void },
): Promise<
  Pick<CharacterizedEngine, 'board' | 'parameters' | 'groups'> & { readonly tool: string }
> {
  const { plan, files } = await compileLoaded(loaded);
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-characterize-'));
  try {
    writeFolder(folder, files);
    const { files: written, top } = readManifest(folder);
    const { tool, modules, faults } = await synthesize({
      ...{ folder, files: written.verilog, top, family: 'xcup' },
      ...{ native: false, jobs, onRun },
    });
    if (faults.length > 0) throw new Error(faults.join('\n'));
    const { parameters, board } = plan;
    return { tool, board: board.name, parameters, groups: groupUtilization(modules) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
