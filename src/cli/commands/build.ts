import type { Command } from 'commander';
import { lossText } from '../losses.ts';
import { memoryText } from '../memories.ts';
import { table } from '../text.ts';
import type { BuildOptions, BuildResult, Engine, Outcome } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
Examples:
  $ vitrum build examples/mnist/mnist.vit.ts
  $ vitrum build my.vit.ts --out rtl/accelerator
  $ vitrum build my.vit.ts --plan plan.json
  $ vitrum build my.vit.ts --json | jq .out`;

export function registerBuild(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('build')
    .description('write Verilog, memory files and constraints for a design')
    .argument('<design>', 'design file (.vit.ts)')
    .option('--out <dir>', 'output folder (default: rtl-out/<name of the design>)')
    .option('--plan <file>', "plan of vitrum explore, instead of the design's target and bits")
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((design: string, options: BuildOptions) =>
      run(async (context) => {
        const { out, plan } = options;
        return outcome(await engine.build(design, { out, plan }, context));
      }),
    );
}

function outcome(result: BuildResult): Outcome {
  const { design, out, files, summary, losses, memories, figures } = result;
  const rows = [['design', design], ...summary, ['files', `${files.length} in ${out}`]];
  return {
    status: 'ok',
    json: { design, out, files, ...figures, losses, memories },
    text: [table(rows), lossText(losses), memoryText(memories)].join('\n'),
  };
}
