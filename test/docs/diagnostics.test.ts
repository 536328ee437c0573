import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const CODE = /\bVT\d{3}\b/g;

/** Codes that stand in string literals of the sources: comments may speak of a range of codes. */
function codesOfSources(): string[] {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'));
  const literals = sources.flatMap((text) => text.match(/'VT\d{3}'/g) ?? []);
  return [...new Set(literals.map((literal) => literal.slice(1, -1)))].sort();
}

const page = readFileSync(join(root, 'docs/diagnostics.md'), 'utf8');
const rows = page.split('\n').flatMap((line) => line.match(/^\| (VT\d{3}) +\|/)?.[1] ?? []);

describe('docs/diagnostics.md', () => {
  it('has a row for every code of the sources, and no other', () => {
    const codes = codesOfSources();
    expect(codes.length).toBeGreaterThan(50);
    expect(rows).toEqual(codes);
  });

  it('speaks of no code that it does not explain', () => {
    const spokenOf = page.match(CODE) ?? [];
    expect(spokenOf.filter((code) => !rows.includes(code))).toEqual([]);
  });
});
