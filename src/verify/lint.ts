import { type Manifest, simulationSources } from '../emit/manifest.ts';
import { readManifest } from '../emit/read-manifest.ts';
import { runTool } from '../tools/index.ts';
import { requireTool, verilatorMessages } from './verilator.ts';

export interface LintReport {
  /** Warnings and errors, one line each; none is the only good result. */
  readonly warnings: readonly string[];
}

/** `verilator --lint-only -Wall` over all emitted Verilog. Throws `ToolError` when Verilator is missing. */
export async function lint(folder: string): Promise<LintReport> {
  const manifest: Manifest = readManifest(folder);
  await requireTool('verilator');
  const run = await runTool({
    tool: 'verilator',
    args: ['--lint-only', '-Wall', '--top-module', manifest.top, ...simulationSources(manifest)],
    cwd: folder,
  });
  const warnings = verilatorMessages(`${run.stdout}\n${run.stderr}`);
  if (run.exitCode !== 0 && warnings.length === 0) {
    return { warnings: [`Verilator ended with code ${run.exitCode}.`] };
  }
  return { warnings };
}
