/**
 * Program that runs the Yosys of the npm packages like the native one: a script to execute, in the
 * folder of the sources. It is a process of its own because WebAssembly runs on the calling thread
 * for minutes and may need gigabytes.
 *
 *     npm-yosys.ts SCRIPT RESULT FILE...
 *
 * Every FILE, relative to the current folder, is visible to Yosys under the same path; the
 * file that the script writes as `PACKAGED_RESULT` is stored as RESULT.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { runYosys, type Tree } from '@yowasp/yosys';
import { PACKAGED_RESULT } from './script.ts';

const [script, resultFile, ...files] = process.argv.slice(2);
if (script === undefined || resultFile === undefined) {
  throw new Error('usage: npm-yosys SCRIPT RESULT FILE...');
}

const root: Tree = { 'script.ys': readFileSync(script) };
for (const file of files) {
  const parts = file.split('/').filter((part) => part !== '' && part !== '.');
  const name = parts.pop();
  if (name === undefined) throw new Error(`${file} names no file`);
  let folder = root;
  for (const part of parts) {
    folder[part] ??= {};
    folder = folder[part] as Tree;
  }
  folder[name] = readFileSync(file);
}

const decoder = new TextDecoder();
const print = (bytes: Uint8Array | null) => {
  if (bytes) process.stdout.write(decoder.decode(bytes, { stream: true }));
};
try {
  const result = await runYosys(['-Q', '-T', '-s', 'script.ys'], root, {
    stdout: print,
    stderr: print,
    decodeASCII: false,
  });
  const written = result?.[PACKAGED_RESULT];
  if (written instanceof Uint8Array) writeFileSync(resultFile, written);
} catch (error) {
  // The package reports a non-zero exit of Yosys as an exception with a code.
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'number') throw error;
  process.exitCode = code;
}
