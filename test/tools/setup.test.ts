import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const LOCK = { packages: { '': {}, 'node_modules/zod': { version: '4.0.0' } } };
const TOOLS = {
  verilator: 'Verilator 5.006 2023-01-22',
  'g++': 'g++ (Debian 12.2.0-14) 12.2.0',
  make: 'GNU Make 4.3',
  iverilog: 'Icarus Verilog version 11.0 (stable)',
};

/** A pretended clone, and a PATH that holds nothing but pretended programs. */
let clone: string;
let programs: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'vitrum-setup-'));
  programs = join(clone, 'programs');
  for (const path of ['scripts', 'src/tools', 'bin', 'programs', 'node_modules/.bin']) {
    mkdirSync(join(clone, path), { recursive: true });
  }
  for (const path of ['scripts/setup.mjs', 'src/tools/tools.json', 'bin/vitrum.mjs']) {
    copyFileSync(join(repository, path), join(clone, path));
  }
  writeFileSync(join(clone, 'package-lock.json'), JSON.stringify(LOCK));
  writeFileSync(join(clone, 'node_modules/.package-lock.json'), JSON.stringify(LOCK));
  for (const name of ['env', 'cat', 'chmod']) symlinkSync(`/usr/bin/${name}`, join(programs, name));
  for (const [name, version] of Object.entries(TOOLS)) program(name, `echo '${version}'`);
  program('sudo', '[ "$1" = -n ] && shift; exec "$@"');
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(programs, name), 0o755);
}

function setup(...args: string[]) {
  const script = join(clone, 'scripts/setup.mjs');
  const env = { PATH: programs };
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env });
}

describe.skipIf(process.platform !== 'linux')('scripts/setup.mjs', () => {
  test('links the program once and is silent when everything is there', () => {
    expect(setup().stderr).toBe('[setup 1] npx vitrum: linked\n');
    expect(readlinkSync(join(clone, 'node_modules/.bin/vitrum'))).toBe('../../bin/vitrum.mjs');
    const again = setup('--require');
    expect(again).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test('installs what is missing or too old through apt, after one update', () => {
    rmSync(join(programs, 'iverilog'));
    program('verilator', "echo 'Verilator 4.228 2022-01-17'");
    const log = join(clone, 'apt.log');
    program(
      'apt-get',
      `[ "$1" = --version ] && exit 0
echo "$DEBIAN_FRONTEND $*" >> ${log}
case "$*" in *install*)
  for tool in verilator iverilog; do
    printf '#!/bin/sh\\necho "Verilator 5.020 Icarus Verilog version 12.0"\\n' > ${programs}/$tool
    chmod 755 ${programs}/$tool
  done
esac`,
    );
    const { status, stderr } = setup('--require');
    expect(status).toBe(0);
    expect(stderr).toContain('Verilator: 4.228 is older than 5.006');
    expect(stderr).toContain('Icarus Verilog: missing');
    expect(stderr).toContain('Verilator: installed');
    const calls = readFileSync(log, 'utf8').trim().split('\n');
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatch(/^noninteractive .*update$/);
    expect(calls[1]).toMatch(/^noninteractive .*install -y .* verilator zlib1g-dev iverilog$/);
  });

  test('a failing apt is no failure, unless the tools are required', () => {
    rmSync(join(programs, 'verilator'));
    program('apt-get', '[ "$1" = --version ] || { echo "no network" >&2; exit 100; }');
    const optional = setup();
    expect(optional.status).toBe(0);
    expect(optional.stderr).toMatch(
      /run: .*apt-get install .* verilator zlib1g-dev {2}\(going on without it\)/,
    );
    const required = setup('--require');
    expect(required.status).toBe(3);
    expect(required.stderr).toContain('Verilator: still missing; it gives simulation');
  });

  test('a tool that only the tests use never stops the demo', () => {
    rmSync(join(programs, 'iverilog'));
    expect(setup('--require').status).toBe(0);
  });

  test('without apt it names the packages', () => {
    rmSync(join(programs, 'g++'));
    const { status, stderr } = setup();
    expect(status).toBe(0);
    expect(stderr).toContain('your package manager, for: g++');
  });

  test.each([
    ['ci', 0],
    ['install', 0],
    ['neither', 3],
  ])('npm ci runs when the packages differ, then npm install: %s works', (working, code) => {
    const log = join(clone, 'npm.log');
    program('npm', `echo "$ONNXRUNTIME_NODE_INSTALL $*" >> ${log}; [ "$1" = ${working} ]`);
    writeFileSync(
      join(clone, 'package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/zod': { version: '4.1.0' } } }),
    );
    const { status, stderr } = setup();
    expect(status).toBe(code);
    expect(stderr).toContain('node_modules/zod is not version 4.1.0');
    const calls = ['skip ci --no-audit --no-fund', 'skip install --no-save --no-audit --no-fund'];
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(
      working === 'ci' ? calls.slice(0, 1) : calls,
    );
  });

  test('optional packages for other platforms are not missed', () => {
    const foreign = { version: '1.0.0', optional: true };
    const packages = { ...LOCK.packages, 'node_modules/foreign': foreign };
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ packages }));
    expect(setup('--packages').status).toBe(0);
    expect(existsSync(join(clone, 'npm.log'))).toBe(false);
  });
});
