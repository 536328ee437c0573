#!/usr/bin/env node
// Everything that has to hold before a change is good: format and lint, types, tests. The last line
// sums up: `N passed, N failed`. Arguments go to vitest: `npm test -- test/cli`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const scratch = mkdtempSync(join(tmpdir(), 'vitrum-test-'));

/** Starts a program of node_modules with this Node, so that no shell and no npx is needed. */
function run(title, script, args) {
  const started = performance.now();
  console.log(`\n== ${title}`);
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  console.log(`== ${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return status === 0;
}

const total = { passed: 0, failed: 0, skipped: 0 };
const count = (ok) => {
  total[ok ? 'passed' : 'failed'] += 1;
};

count(run('format and lint', '@biomejs/biome/bin/biome', ['check']));
count(run('types', 'typescript/bin/tsc', ['-p', '.', '--noEmit']));

const results = join(scratch, 'vitest.json');
const vitestPassed = run('tests', 'vitest/vitest.mjs', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...process.argv.slice(2),
]);
let failedTests = 0;
try {
  const report = JSON.parse(readFileSync(results, 'utf8'));
  failedTests = report.numFailedTests;
  total.passed += report.numPassedTests;
  total.failed += failedTests;
  total.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
} catch {
  console.error('vitest left no report');
}
// A test file that cannot be loaded, or a crash, fails without a failed test.
if (!vitestPassed && failedTests === 0) total.failed += 1;
rmSync(scratch, { recursive: true, force: true });

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
