import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { referencedFiles } from '../../../src/synth/inputs.ts';
import { runTool } from '../../../src/tools/index.ts';

/** One Verilog file of a build folder with another text. */
export interface ChangedSource {
  readonly folder: string;
  readonly top: string;
  readonly files: readonly string[];
  readonly changed: string;
  readonly text: string;
}

/**
 * Whether Yosys proves that the changed module, with the parameters of every instance in the
 * design, has the same next state and outputs as the original for every state and input. Its
 * submodules are taken as they are. False also when there is no proof.
 */
export async function provedEquivalent(source: ChangedSource): Promise<boolean> {
  const { folder, files, changed, text } = source;
  const scratch = mkdtempSync(join(tmpdir(), 'vitrum-equivalence-'));
  try {
    for (const side of ['gold', 'gate']) {
      mkdirSync(join(scratch, side));
      for (const file of files)
        copyFileSync(join(folder, file), join(scratch, side, basename(file)));
    }
    cpSync(join(folder, 'mem'), join(scratch, 'mem'), { recursive: true });
    writeFileSync(join(scratch, 'gate', basename(changed)), text);
    const names = await moduleNames(scratch, source);
    for (const name of names) if (!(await proved(scratch, source, name))) return false;
    return names.length > 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Yosys's names of the module of the changed file, one for each set of parameters. */
async function moduleNames(scratch: string, source: ChangedSource): Promise<string[]> {
  const module = basename(source.changed, '.v');
  const output = await runYosys(scratch, source, [...elaborate(source, 'gold'), 'ls']);
  const listed = output.slice(output.lastIndexOf('modules:')).split('\n');
  return listed
    .map((line) => line.trim())
    .filter(
      (name) => name === module || name.endsWith(`\\${module}`) || name.includes(`\\${module}\\`),
    );
}

async function proved(scratch: string, source: ChangedSource, name: string): Promise<boolean> {
  const side = (which: string) => [
    ...elaborate(source, which),
    'proc',
    'memory -nomap',
    'opt_clean',
    `rename ${name} ${which}`,
    `design -stash ${which}`,
  ];
  const output = await runYosys(scratch, source, [
    ...side('gold'),
    ...side('gate'),
    'design -copy-from gold -as gold gold',
    'design -copy-from gate -as gate gate',
    'equiv_make gold gate equiv',
    'cd equiv',
    'equiv_simple -undef -seq 1',
    'equiv_induct -undef -seq 4',
    'equiv_status',
  ]);
  return output.includes('Equivalence successfully proven!');
}

function elaborate({ files, top }: ChangedSource, side: string): string[] {
  return [
    ...files.map((file) => `read_verilog -defer ${side}/${basename(file)}`),
    `hierarchy -check -top ${top}`,
  ];
}

async function runYosys(
  scratch: string,
  { files }: ChangedSource,
  script: readonly string[],
): Promise<string> {
  const scriptFile = join(scratch, 'script.ys');
  writeFileSync(scriptFile, `${script.join('\n')}\n`);
  const sources = ['gold', 'gate'].flatMap((side) => files.map((f) => `${side}/${basename(f)}`));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('../../../src/synth/npm-yosys.ts', import.meta.url));
  const inputs = [...sources, ...referencedFiles(scratch, sources)];
  const run = await runTool({
    tool: process.execPath,
    args: ['--import', tsx, program, scriptFile, join(scratch, 'unused.json'), ...inputs],
    cwd: scratch,
    timeoutMs: 300_000,
  });
  return run.stdout;
}
