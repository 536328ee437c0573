#!/usr/bin/env node
// Makes a fresh clone ready: npm packages, then Verilator, g++, make and Icarus Verilog through apt
// or Homebrew where that is permitted without a question. Needs nothing but Node and npm.
//
//   node scripts/setup.mjs             say what is missing and go on (tests skip what needs it)
//   node scripts/setup.mjs --require   exit with 3 when something that the simulation needs is missing
//   node scripts/setup.mjs --packages  npm packages only
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const flags = new Set(process.argv.slice(2));
const MINIMUM_NODE = 20;
const DOWNLOAD_TIMEOUT_MS = 20 * 60 * 1000;

let lines = 0;
const say = (text) => console.error(`[setup ${++lines}] ${text}`);
const fail = (text) => {
  say(text);
  process.exit(3);
};

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

// --- npm packages ---------------------------------------------------------------------------

/** Why node_modules does not hold what package-lock.json says, or undefined when it does. */
function staleness() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return 'node_modules is missing';
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const have = readJson(installed).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = have[path];
    // Packages for other platforms are left out by npm.
    if (!found && entry.optional) continue;
    if (found?.version !== entry.version) return `${path} is not version ${entry.version}`;
  }
  return undefined;
}

function npm(...args) {
  const options = {
    cwd: root,
    stdio: ['ignore', 2, 2],
    // For packages that would download binaries of the ONNX runtime while they are installed.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    timeout: DOWNLOAD_TIMEOUT_MS,
  };
  return spawnSync('npm', [...args, '--no-audit', '--no-fund'], options).status === 0;
}

function installPackages() {
  const reason = staleness();
  if (reason === undefined) return;
  say(`npm packages: ${reason}; running npm ci`);
  if (!npm('ci')) {
    // A registry mirror without the packages of other platforms makes npm ci call the lock file
    // out of date. The same versions can be installed all the same.
    say('npm ci failed; running npm install --no-save, which takes the same versions');
    if (!npm('install', '--no-save')) {
      fail('The npm packages could not be installed (see above). To try again, run: npm ci');
    }
  }
  say('npm packages: installed');
}

/** npm links the programs of dependencies, but not the one of the package itself. */
function linkProgram() {
  const link = join(root, 'node_modules', '.bin', 'vitrum');
  if (lstatSync(link, { throwIfNoEntry: false })) return;
  try {
    chmodSync(join(root, 'bin', 'vitrum.mjs'), 0o755);
    symlinkSync(join('..', '..', 'bin', 'vitrum.mjs'), link);
    say('npx vitrum: linked');
  } catch (error) {
    say(`npx vitrum: not linked (${error.code}); use node bin/vitrum.mjs instead`);
  }
}

// --- system tools ---------------------------------------------------------------------------

/** Same order as compareVersions in src/tools/versions.ts, which is not loadable yet. */
function older(version, minimum) {
  const a = version.split('.').map(Number);
  const b = minimum.split('.').map(Number);
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0);
  }
  return false;
}

/** What is wrong with a tool, or undefined when it is there and new enough. */
function lackOf(tool) {
  return new Promise((resolve) => {
    const child = spawn(tool.command, tool.versionArgs, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('error', () => resolve('missing'));
    child.on('close', () => {
      const version = new RegExp(tool.versionPattern).exec(output)?.[1];
      const old = version !== undefined && older(version, tool.minimum);
      resolve(old ? `${version} is older than ${tool.minimum}` : undefined);
    });
  });
}

async function lacking(tools) {
  const lacks = await Promise.all(tools.map(lackOf));
  return tools
    .map((tool, i) => ({ tool, lack: lacks[i] }))
    .filter(({ lack }) => lack !== undefined);
}

const succeeds = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const APT_OPTIONS = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2'];

/**
 * How to install on this machine: `steps` to run without a question (absent when not permitted) and
 * the one `command` that a person can run.
 */
function installer(tools) {
  if (process.platform === 'darwin') {
    const packages = tools.map((t) => t.brew);
    const command = `brew install ${packages.join(' ')}`;
    if (!succeeds('brew', ['--version'])) {
      return { command, lack: 'Homebrew (https://brew.sh) is not installed' };
    }
    const env = { HOMEBREW_NO_AUTO_UPDATE: '1', NONINTERACTIVE: '1' };
    return { command, env, steps: [['brew', 'install', ...packages]] };
  }
  const packages = tools.flatMap((t) => t.apt.split(' '));
  const apt = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? '' : 'sudo ';
  const command = `${sudo}apt-get update && ${sudo}${apt.join(' ')}`;
  if (!succeeds('apt-get', ['--version'])) {
    return {
      command: `your package manager, for: ${packages.join(' ')}`,
      lack: 'apt-get is not there',
    };
  }
  if (!isRoot && !succeeds('sudo', ['-n', 'true'])) {
    return { command, lack: 'it needs root and sudo would ask for a password' };
  }
  // sudo drops the environment, so the variable goes through env(1).
  const prefix = [...(isRoot ? [] : ['sudo', '-n']), 'env', 'DEBIAN_FRONTEND=noninteractive'];
  const [name, ...rest] = apt;
  return {
    command,
    steps: [
      [...prefix, 'apt-get', ...APT_OPTIONS, '-q', 'update'],
      [...prefix, name, ...APT_OPTIONS, '-q', ...rest],
    ],
  };
}

async function installTools() {
  const tools = readJson(join(root, 'src', 'tools', 'tools.json'));
  const before = await lacking(tools);
  if (before.length === 0) return;
  for (const { tool, lack } of before) say(`${tool.title}: ${lack}`);
  const plan = installer(before.map(({ tool }) => tool));
  if (plan.steps) {
    say(`running: ${plan.command}`);
    for (const [command, ...args] of plan.steps) {
      // A failed update is no reason to give up: the package lists at hand may be enough.
      spawnSync(command, args, {
        stdio: ['ignore', 2, 2],
        env: { ...process.env, ...plan.env },
        timeout: DOWNLOAD_TIMEOUT_MS,
      });
    }
  } else {
    say(`nothing installed: ${plan.lack}`);
  }
  const after = await lacking(before.map(({ tool }) => tool));
  for (const { tool } of before) {
    if (!after.some((a) => a.tool === tool)) say(`${tool.title}: installed`);
  }
  if (after.length === 0) return;
  for (const { tool, lack } of after) say(`${tool.title}: still ${lack}; it gives ${tool.gives}`);
  const needed = after.some(({ tool }) => tool.neededBy.includes('sim'));
  const remedy = `To get what is missing, run: ${installer(after.map(({ tool }) => tool)).command}`;
  if (needed && flags.has('--require')) fail(remedy);
  say(`${remedy}  (going on without it)`);
}

if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
  fail(`Node.js ${process.versions.node} is too old; Vitrum needs ${MINIMUM_NODE} or newer.`);
}
installPackages();
linkProgram();
if (!flags.has('--packages')) await installTools();
