import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../bin/vitrum.mjs', import.meta.url));

/** Starts the real program: this finds what an in-process test cannot, such as a wrong import. */
function vitrum(...args: string[]) {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

test('starts from source, and doctor answers in JSON', { timeout: 60_000 }, () => {
  const { status, stdout } = vitrum('doctor', '--json');
  const report = JSON.parse(stdout) as { ok: boolean; tools: { name: string }[] };
  expect(status).toBe(report.ok ? 0 : 3);
  expect(report.tools.map((t) => t.name)).toContain('verilator');
});

test('an unknown option exits with 2', { timeout: 60_000 }, () => {
  const { status, stderr } = vitrum('doctor', '--jsn');
  expect(status).toBe(2);
  expect(stderr).toContain('Did you mean --json?');
});
