#!/usr/bin/env node
// Assembles src/golden/simd/product.wat into src/golden/simd/kernel-bytes.ts, which is committed so
// that nobody who only uses Vitrum needs the assembler.
//
//   node scripts/build-kernel.mjs           write the file
//   node scripts/build-kernel.mjs --check   exit with 1 when it is not what the source gives
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const path = (name) => fileURLToPath(new URL(`../src/golden/simd/${name}`, import.meta.url));
const LINE = 90;

const { parseWat } = await wabt();
const module = parseWat('product.wat', readFileSync(path('product.wat'), 'utf8'));
module.validate();
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
const lines = base64.match(new RegExp(`.{1,${LINE}}`, 'g')).map((line) => `  '${line}',`);
const text = `// Made from product.wat by scripts/build-kernel.mjs; not to be edited.
export const KERNEL_BASE64 = [
${lines.join('\n')}
].join('');
`;

if (!process.argv.includes('--check')) {
  writeFileSync(path('kernel-bytes.ts'), text);
} else if (readFileSync(path('kernel-bytes.ts'), 'utf8') !== text) {
  console.error(
    'kernel-bytes.ts is not what product.wat gives; run: node scripts/build-kernel.mjs',
  );
  process.exit(1);
}
