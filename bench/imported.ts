import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT } from '../src/cli/exit-codes.ts';
import { formatDiagnostic } from '../src/diagnostics/index.ts';
import { ToolError } from '../src/tools/index.ts';
import { importedCase, importedNames, importedRow } from './support/imported-case.ts';

/**
 * Imported models in RTL: each is built as a user would, its golden model is compared with ONNX
 * Runtime's logits on the shared images, and three frames of the RTL with the golden model, with
 * stalls. One line a model; two models of every kind unless others are named.
 *
 *     tsx bench/imported.ts [--models NAME,NAME] [--all] [--frames 3] [--keep]
 */
const { values } = parseArgs({
  options: {
    models: { type: 'string' },
    all: { type: 'boolean', default: false },
    frames: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
  },
});

process.exitCode = await run().catch((error: unknown) => {
  if (!(error instanceof ToolError)) throw error;
  console.error(formatDiagnostic(error.diagnostic));
  return EXIT.tool;
});

async function run(): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-imported-'));
  const names = values.models?.split(',') ?? importedNames(values.all);
  let failed = 0;
  // One after the other: a line as soon as it is known, and memory for one bench.
  for (const name of names) {
    const result = await importedCase(name, join(root, name), Number(values.frames));
    console.log(importedRow(result));
    if (result.failures.length > 0) failed++;
  }
  if (values.keep || failed > 0) console.log(`build folders: ${root}`);
  else rmSync(root, { recursive: true, force: true });
  console.log(`${names.length - failed} of ${names.length} imported models passed.`);
  return failed > 0 ? EXIT.checkFailed : EXIT.ok;
}
