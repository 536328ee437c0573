import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from '../../../src/tools/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const tests = join(root, 'test/rtl');
const library = join(root, 'templates/rtl');

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

/** Tests of a module, and of modules that it is a part of. */
function testsOf(module: string): string[] {
  if (!existsSync(tests)) return [];
  const users = usersOf(module);
  const named = (text: string) => users.some((user) => new RegExp(`\\b${user}\\b`).test(text));
  return readdirSync(tests).filter(
    (name) => name.endsWith('.test.ts') && named(readFileSync(join(tests, name), 'utf8')),
  );
}

/** The module and the library modules that hold an instance of it, however deep. */
function usersOf(module: string): string[] {
  const sources = readdirSync(library)
    .filter((name) => name.endsWith('.v'))
    .map((name) => ({
      name: basename(name, '.v'),
      text: readFileSync(join(library, name), 'utf8').replace(/\/\/.*$/gm, ''),
    }));
  const users = [module];
  for (const user of users) {
    const instance = new RegExp(`^\\s*${user} #`, 'm');
    const holders = sources.filter(({ text }) => instance.test(text)).map(({ name }) => name);
    users.push(...holders.filter((name) => !users.includes(name)));
  }
  return users;
}

function firstFailed(output: string): string {
  const found = /"status":"failed","title":"((?:[^"\\\\]|\\\\.)*)"/.exec(output);
  return found?.[1] ?? 'it does not run';
}
