import { type Command, InvalidArgumentError } from 'commander';
import { table } from '../text.ts';
import type { CheckOptions, Engine } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
Exits with 0 when every node is supported, else with 2 and a sentence for each that is not.

Examples:
  $ vitrum check deit_tiny.onnx
  $ vitrum check model.onnx --image 224 --json | jq .operators`;

export function registerCheck(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('check')
    .description('say whether an ONNX model can be built, or why not and what to change')
    .argument('<model>', 'ONNX file')
    .option(
      '--image <size>',
      'image size where the file leaves it open: 224, or 224x192',
      imageSize,
    )
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((file: string, { image }: CheckOptions) =>
      run(async () => {
        const { summary, figures } = await engine.checkModel(file, { image });
        const text = table([['model', file], ...summary]);
        return { status: 'ok', json: { file, ...figures }, text };
      }),
    );
}

/** `224` or `224x192` as height and width. */
export function imageSize(text: string): readonly [number, number] {
  const [, height, width] = /^([1-9]\d{0,3})(?:x([1-9]\d{0,3}))?$/.exec(text) ?? [];
  if (!height) throw new InvalidArgumentError('It must be a size like 224 or 224x192.');
  return [Number(height), Number(width ?? height)];
}
