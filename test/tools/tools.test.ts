import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  compareVersions,
  detectTools,
  installCommand,
  runTool,
  type StepEvent,
  stepper,
  systemTools,
  ToolError,
  versionState,
} from '../../src/tools/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrum-tools-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (code: string) => ({ tool: process.execPath, args: ['-e', code] });

async function toolErrorOf(run: Promise<unknown>): Promise<ToolError> {
  const error: unknown = await run.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof ToolError) return error;
  throw new Error(`not a ToolError: ${error}`);
}

describe('runTool', () => {
  test('returns output, exit code and time, and keeps a log', async () => {
    const logFile = join(folder, 'logs/run.log');
    const code = 'console.log("out"); console.error("err"); process.exit(3)';
    const result = await runTool({ ...node(code), cwd: folder, logFile });
    expect(result).toMatchObject({ stdout: 'out', stderr: 'err', exitCode: 3 });
    expect(result.seconds).toBeGreaterThan(0);
    expect(readFileSync(logFile, 'utf8')).toMatch(/^\$ node -e .*\nout\nerr\n$/s);
  });

  test('the environment is untranslated and can be added to', async () => {
    const code = 'process.stdout.write(process.env.LC_ALL + process.env.X)';
    expect((await runTool({ ...node(code), env: { X: '1' } })).stdout).toBe('C1');
  });

  test('a missing program says how to get it', async () => {
    const unknown = await toolErrorOf(runTool({ tool: 'vitrum-no-such-tool', args: [] }));
    expect(unknown.diagnostic.code).toBe('VT601');
    expect(unknown.message).toContain('vitrum-no-such-tool is not installed');
    const path = { PATH: folder };
    const known = await toolErrorOf(runTool({ tool: 'verilator', args: [], env: path }));
    expect(known.message).toContain(installCommand(systemTools.slice(0, 1)));
  });

  test('too slow, ended by a signal', async () => {
    const slow = runTool({ ...node('setTimeout(() => {}, 60000)'), timeoutMs: 200 });
    expect((await toolErrorOf(slow)).diagnostic.code).toBe('VT603');
    const killed = runTool(node('process.kill(process.pid, "SIGKILL")'));
    expect((await toolErrorOf(killed)).diagnostic).toMatchObject({
      code: 'VT604',
      message: 'node was ended by SIGKILL.',
    });
  });

  test('a missing folder is not taken for a missing program', async () => {
    const run = runTool({ ...node(''), cwd: join(folder, 'none') });
    await expect(run).rejects.toThrow('does not exist');
  });
});

describe('versions', () => {
  test('compare by number, not by letter', () => {
    expect(compareVersions('5.006', '5.6')).toBe(0);
    expect(compareVersions('5.10', '5.006')).toBe(1);
    expect(compareVersions('4.228', '5.006')).toBe(-1);
    expect(compareVersions('0.9', '0.33')).toBe(-1);
    expect(compareVersions('12', '9.0')).toBe(1);
    expect(versionState('4.2', '5.006')).toBe('too old');
    expect(versionState('unknown', '5.006')).toBe('ok');
    expect(versionState(undefined, '5.006')).toBe('missing');
  });

  test.each([
    ['verilator', 'Verilator 5.006 2023-01-22 rev (Debian 5.006-3)', '5.006'],
    ['verilator', 'Verilator 5.040 2025-08-30 rev v5.040', '5.040'],
    ['g++', 'g++ (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022', '12.2.0'],
    ['g++', 'g++ (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0', '13.3.0'],
    ['g++', 'Apple clang version 15.0.0 (clang-1500.3.9.4)', '15.0.0'],
    ['make', 'GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu', '4.3'],
    ['iverilog', 'Icarus Verilog version 11.0 (stable) ()', '11.0'],
  ])('%s prints %s', (name, text, version) => {
    const tool = systemTools.find((t) => t.name === name);
    expect(new RegExp(tool?.versionPattern ?? '').exec(text)?.[1]).toBe(version);
  });

  test('every tool is listed with what it gives', async () => {
    const tools = await detectTools((tool) => `get ${tool.apt}`);
    expect(tools.map((t) => t.name)).toEqual([
      'node',
      'verilator',
      'g++',
      'make',
      'iverilog',
      'yosys (npm)',
      'yosys',
    ]);
    expect(tools.find((t) => t.name === 'node')?.state).toBe('ok');
    expect(tools.find((t) => t.name === 'yosys (npm)')).toMatchObject({ state: 'ok' });
    for (const tool of tools) expect(tool.gives.length).toBeGreaterThan(10);
  });
});

test('install commands', () => {
  expect(installCommand(systemTools, 'linux')).toBe(
    'sudo apt-get install -y --no-install-recommends verilator zlib1g-dev g++ make iverilog',
  );
  expect(installCommand(systemTools, 'darwin')).toBe(
    'brew install verilator gcc make icarus-verilog',
  );
});

test('stepper numbers, times and reports failures', async () => {
  const events: StepEvent[] = [];
  const step = stepper(2, (event) => events.push(event));
  expect(
    await step(
      'read',
      () => 7,
      (n) => `${n} tensors`,
    ),
  ).toBe(7);
  const failing = step('check', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(events.map((e) => [e.index, e.total, e.name, e.state, e.detail])).toEqual([
    [1, 2, 'read', 'start', undefined],
    [1, 2, 'read', 'done', '7 tensors'],
    [2, 2, 'check', 'start', undefined],
    [2, 2, 'check', 'failed', undefined],
  ]);
  expect(events[1]?.seconds).toBeGreaterThanOrEqual(0);
});
