import { type Command, InvalidArgumentError } from 'commander';
import { table } from '../text.ts';
import { imageSize } from './check.ts';
import type { Engine, ImportOptions } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
The weights stay in the ONNX file; the design names it.

Examples:
  $ vitrum import deit_tiny.onnx -o deit_tiny.vit.ts
  $ vitrum import model.onnx -o my.vit.ts --mean 0.5,0.5,0.5 --std 0.5,0.5,0.5 --board kv260`;

type Flags = Omit<ImportOptions, 'force'> & { readonly force?: boolean };

export function registerImport(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('import')
    .description('write a design file for an ONNX model')
    .argument('<model>', 'ONNX file')
    .requiredOption('-o, --out <design>', 'design file to write (.vit.ts)')
    .option('--name <name>', 'of the design (default: that of the file)')
    .option('--board <board>', 'of the target', 'zcu102')
    .option(
      '--image <size>',
      'image size where the file leaves it open: 224, or 224x192',
      imageSize,
    )
    .option('--mean <numbers>', "of the pixels, per channel (default: ImageNet's)", numbers)
    .option('--std <numbers>', "of the pixels, per channel (default: ImageNet's)", numbers)
    .option('--force', 'replace a design file that exists')
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((file: string, { force = false, ...options }: Flags) =>
      run(async () => {
        const { out, summary, figures } = await engine.importModel(file, { ...options, force });
        const text = table([['model', file], ...summary, ['design', out]]);
        return { status: 'ok', json: { file, out, ...figures }, text };
      }),
    );
}

/** `0.5,0.5,0.5` */
function numbers(text: string): readonly number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.some((value) => !Number.isFinite(value))) {
    throw new InvalidArgumentError('It must be numbers with commas between them.');
  }
  return values;
}
