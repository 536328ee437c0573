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
 * Looks for a proof that the changed module, with the parameters of every instance in the design,
 * does the same as the original. Gives what was proved, or undefined:
 *
 * - by induction: for every state and input, next state and outputs are the same (Yosys's
 *   equiv_simple and equiv_induct; submodules are taken as they are);
 * - by reachability: from registers at zero, no sequence of inputs makes the outputs differ (property
 *   directed reachability of ABC, which Yosys holds; submodules are included).
 */
export async function provedEquivalent(source: ChangedSource): Promise<string | undefined> {
  const { folder, files, changed, text } = source;
  const scratch = mkdtempSync(join(tmpdir(), 'vitrum-equivalence-'));
  try {
    for (const side of ['gold', 'gate']) {
      mkdirSync(join(scratch, side));
      for (const file of files) {
        copyFileSync(join(folder, file), join(scratch, side, basename(file)));
      }
    }
    cpSync(join(folder, 'mem'), join(scratch, 'mem'), { recursive: true });
    writeFileSync(join(scratch, 'gate', basename(changed)), text);
    const names = await moduleNames(scratch, source);
    const all = async (proves: typeof provedByInduction) => {
      for (const name of names) if (!(await proves(scratch, source, name))) return false;
      return names.length > 0;
    };
    if (await all(provedByInduction)) return 'next state and outputs are the same, by induction';
    if (await all(provedByReachability)) return 'no inputs ever make the outputs differ';
    return undefined;
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

async function provedByInduction(
  scratch: string,
  source: ChangedSource,
  name: string,
): Promise<boolean> {
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

/** What is not proved by then is given up. */
const REACHABILITY_SECONDS = 60;

async function provedByReachability(
  scratch: string,
  source: ChangedSource,
  name: string,
): Promise<boolean> {
  const side = (which: string) => [
    ...elaborate(source, which),
    `hierarchy -top ${name}`,
    ...['proc', 'flatten', 'memory', 'opt', `rename -top ${which}`, `design -stash ${which}`],
  ];
  const output = await runYosys(scratch, source, [
    ...side('gold'),
    ...side('gate'),
    'design -copy-from gold -as gold gold',
    'design -copy-from gate -as gate gate',
    'miter -equiv -flatten gold gate miter',
    ...['hierarchy -top miter', 'opt', 'techmap', 'simplemap'],
    // ABC sees one clock domain only: enables and resets become gates.
    ...['dfflegalize -cell $_DFF_P_ 0', 'setundef -zero -init', 'zinit -all', 'opt_clean'],
    `abc -dff -script +strash;scorr;pdr,-T,${REACHABILITY_SECONDS};zero`,
  ]);
  return output.includes('ABC: Property proved.');
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
