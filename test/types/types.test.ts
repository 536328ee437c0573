import { readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test-d.ts'))
  .map((name) => path.join(import.meta.dirname, name));

const directive = /^\s*\/\/ @ts-expect-error (.+)$/;

const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);

/** Errors of the type tests, as `file:line` and message, with the text of the files changed first. */
function check(change: (text: string) => string, old?: ts.Program) {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (name, target, ...others) =>
    files.includes(path.resolve(name))
      ? ts.createSourceFile(name, change(ts.sys.readFile(name) ?? ''), target, true)
      : (old?.getSourceFile(name) ?? read(name, target, ...others));
  const program = ts.createProgram(files, options, host);
  const errors = files.flatMap((name) => {
    const source = program.getSourceFile(name);
    if (!source) throw new Error(`${name} was not read`);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  const found = errors.map((e) => {
    const line = (e.file?.getLineAndCharacterOfPosition(e.start ?? 0).line ?? 0) + 1;
    const message = ts.flattenDiagnosticMessageText(e.messageText, '\n');
    return { where: `${path.basename(e.file?.fileName ?? '')}:${line}`, message };
  });
  return { program, found };
}

/** What the directives announce: the line after each, and the text that its error must contain. */
const announced = files.flatMap((name) =>
  (ts.sys.readFile(name) ?? '').split('\n').flatMap((text, i) => {
    const reason = directive.exec(text)?.[1];
    return reason ? [{ where: `${path.basename(name)}:${i + 2}`, reason }] : [];
  }),
);

describe('types of the DSL', () => {
  let asWritten: ReturnType<typeof check>;
  let bare: ReturnType<typeof check>;
  // Two runs of the compiler; generous, for a machine that is busy with other tests.
  beforeAll(() => {
    asWritten = check((text) => text);
    const without = (text: string) => text.replaceAll('@ts-expect-error', 'no directive:');
    bare = check(without, asWritten.program);
  }, 120_000);

  test('legal designs compile, and each expected mistake is one', () => {
    expect(asWritten.found).toEqual([]);
  });

  test('many mistakes are tried', () => {
    expect(announced.length).toBeGreaterThan(30);
    expect(new Set(bare.found.map((e) => e.where))).toEqual(new Set(announced.map((a) => a.where)));
  });

  test.each(announced)('$where: $reason', ({ where, reason }) => {
    const messages = bare.found.filter((e) => e.where === where).map((e) => e.message);
    expect(messages.join('\n')).toContain(reason);
  });
});
