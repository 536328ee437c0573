import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerAccuracy } from './commands/accuracy.ts';
import { registerBuild } from './commands/build.ts';
import { registerCheck } from './commands/check.ts';
import type { Engine } from './commands/contracts.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExplore } from './commands/explore.ts';
import { registerImport } from './commands/import.ts';
import { registerQuantize } from './commands/quantize.ts';
import type { RunCommand } from './commands/register.ts';
import { registerSim } from './commands/sim.ts';
import { registerSynth } from './commands/synth.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { printSteps } from './progress.ts';
import { reportError, reportOutcome } from './report.ts';

const FOOTER = `
Exit codes: 0 well, 1 a check failed, 2 a fault in your input, 3 a tool is missing or broken.

Examples:
  $ vitrum doctor
  $ vitrum build examples/mnist/mnist.vit.ts
  $ vitrum sim examples/mnist/mnist.vit.ts --images 20 --stalls --seed 7`;

/**
 * Runs the command line. `args` are the words after the program's name. Returns the exit code;
 * throws nothing.
 */
export async function main(args: readonly string[], engine: Engine, io: Io): Promise<number> {
  // Known before parsing, so that a command line that cannot be parsed is answered in JSON, too.
  const json = args.includes('--json');
  let exitCode: number = EXIT.ok;
  const run: RunCommand = async (body) => {
    exitCode = reportOutcome(io, await body(printSteps(io)), json);
  };
  try {
    await createProgram(engine, run, io, json).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(io, error, json);
  }
}

function createProgram(engine: Engine, run: RunCommand, io: Io, json: boolean): Command {
  const program = new Command('vitrum')
    .description('TypeScript in, FPGA accelerator out: quantized Vision Transformers to Verilog.')
    .version(packageVersion())
    .addHelpText('after', FOOTER)
    .exitOverride()
    // With --json nothing but the object may reach stdout.
    .configureOutput({ writeOut: json ? io.stderr : io.stdout, writeErr: io.stderr });
  // Subcommands take over these settings when they are made.
  for (const register of [
    registerCheck,
    registerImport,
    registerBuild,
    registerSim,
    registerSynth,
    registerExplore,
    registerAccuracy,
    registerQuantize,
    registerDoctor,
    registerDemo,
  ]) {
    register(program, engine, run);
  }
  return program;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return String((manifest as { version?: unknown }).version);
}
