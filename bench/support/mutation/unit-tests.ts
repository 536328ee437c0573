import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from '../../../src/tools/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const tests = join(root, 'test/rtl');

/**
 * Runs the tests of a library module on the changed copy of the library. Gives the name of the
 * first test that fails; undefined when all pass, and for a module without tests of its own.
 */
export async function failingUnitTest(file: string, folder: string): Promise<string | undefined> {
  const module = basename(file, '.v');
  for (const name of testsOf(module)) {
    const run = await runTool({
      tool: process.execPath,
      args: [
        ...[join(root, 'node_modules/vitest/vitest.mjs'), 'run', join('test/rtl', name)],
        ...['--root', root, '--reporter', 'json', '--bail', '1'],
      ],
      cwd: root,
      env: { VITRUM_RTL: join(folder, 'rtl') },
    });
    if (run.exitCode !== 0) return `${name}: ${firstFailed(run.stdout)}`;
  }
  return undefined;
}

function testsOf(module: string): string[] {
  if (!existsSync(tests)) return [];
  return readdirSync(tests).filter(
    (name) =>
      name.endsWith('.test.ts') && readFileSync(join(tests, name), 'utf8').includes(`'${module}'`),
  );
}

function firstFailed(output: string): string {
  const found = /"status":"failed","title":"((?:[^"\\\\]|\\\\.)*)"/.exec(output);
  return found?.[1] ?? 'it does not run';
}
