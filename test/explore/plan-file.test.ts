import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/compile.ts';
import { type Diagnostic, DiagnosticsError } from '../../src/diagnostics/index.ts';
import { planText, readPlanFile } from '../../src/explore/plan-file/index.ts';
import type { PlanPoint } from '../../src/explore/types.ts';
import { stepper } from '../../src/tools/index.ts';

const tiny = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vitrum-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const point: PlanPoint = {
  board: 'zcu104',
  clockMHz: 200,
  bits: { weights: 3, activations: 5, residual: 16, ends: null, rows: null, layers: null },
  tile: { tokens: 2, inputs: 4, outputs: 2, vector: 2 },
  multipliers: 'single',
  primitives: false,
  weights: 'external',
  weightBus: 64,
  lutOutputs: 0,
  lutOperands: 'all',
};

function write(text: string): string {
  const path = join(folder, 'plan.json');
  writeFileSync(path, text);
  return path;
}

const build = (path: string) => compile(tiny, stepper(7), path);

async function faultsOf(path: string): Promise<readonly Diagnostic[]> {
  const error = await build(path).then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof DiagnosticsError)) throw error ?? new Error('it was built');
  return error.diagnostics;
}

const edited = (from: string | RegExp, to: string) => {
  const text = planText('tiny', point);
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return write(changed);
};

describe('a plan file', () => {
  it('reads back as the point that was written', () => {
    const text = planText('tiny', point);
    const read = readPlanFile(write(text), folder);
    expect(read.point).toEqual(point);
    expect(planText(read.design, read.point)).toBe(text);
  });

  it('is what is built, and gives the same bytes each time', async () => {
    const path = write(planText('tiny', point));
    const [first, second] = [await build(path), await build(path)];
    const { shape, board, clockMHz, stream, checked } = first.plan;
    expect(shape).toMatchObject({ tokens: 2, inputs: 4, outputs: 2, vector: 2 });
    expect(shape.multipliers).toMatchObject({ style: 0, aBits: 5, bBits: 5 });
    expect([board.name, clockMHz, stream?.axiBits]).toEqual(['zcu104', 200, 64]);
    const linears = checked.graph.nodes.flatMap((n) => (n.kind === 'linear' ? [n] : []));
    expect(new Set(linears.map((n) => n.weightFormat.bits))).toEqual(new Set([3]));
    expect(second.files).toEqual(first.files);
  });

  it('refuses an illegal value at its line and column, with what is legal', async () => {
    const [fault] = await faultsOf(edited('"clockMHz": 200', '"clockMHz": -3'));
    expect(fault?.code).toBe('VT422');
    expect(fault?.place).toMatchObject({ line: 5, column: 3 });
    expect(fault?.message).toBe('clockMHz: it is -3.');
    expect(fault?.hint).toBe('Legal is a number above 0, up to 1000.');
  });

  it('tells all illegal fields at once, in their order', async () => {
    const text = planText('tiny', point)
      .replace('"weights": 3', '"weights": 9')
      .replace('"single"', '"triple"')
      .replace('"vitrumPlan"', '"extra": 1, "vitrumPlan"');
    const faults = await faultsOf(write(text));
    expect(faults.map(({ message }) => message)).toEqual([
      'extra: there is no such field.',
      'bits.weights: it is 9.',
      'multipliers: it is "triple".',
    ]);
    expect(faults.map(({ hint }) => hint)).toEqual([
      expect.stringContaining('vitrumPlan, design, board'),
      'Legal is a whole number from 2 to 8.',
      'Legal is "single", "double", "quad" or "lut".',
    ]);
  });

  it.each([
    ['"inputs": 4', '"inputs": 5', 'A tile of 5 inputs and 2 outputs', 'tile.outputs'],
    ['"vector": 2', '"vector": 3', 'A vector of 3 lanes', 'tile.vector'],
    [', "vector": 2', '', 'tile.vector: the field is missing.', ''],
    ['"weightBus": 64', '"weightBus": null', 'weightBus: it is null.', ''],
    ['"external"', '"onChip"', 'weightBus: it is 64.', ''],
    ['"primitives": false', '"primitives": true', 'primitives: it is true.', ''],
    ['"lutOutputs": 0', '"lutOutputs": 2', 'lutOutputs: it is 2.', ''],
    ['"clockMHz": 200,', '', 'clockMHz: the field is missing.', ''],
  ])('refuses %s as %s', async (from, to, message) => {
    const faults = await faultsOf(edited(from, to));
    expect(faults.map(({ code }) => code)).toEqual(['VT422']);
    expect(faults[0]?.message).toContain(message);
    expect(faults[0]?.hint).toBeTruthy();
  });

  it('builds rows of another kind, and writes them as a design does', async () => {
    const rows = { kind: 'fixed', bits: 3, outputs: 2, of: 4 } as const;
    const own: PlanPoint = {
      ...point,
      bits: { weights: 5, activations: 6, residual: 16, ends: null, rows, layers: null },
      tile: { tokens: 2, inputs: 4, outputs: 4, vector: 2 },
      ...{ lutOutputs: 2, lutOperands: 'weights' },
    };
    const text = planText('tiny', own);
    expect(text).toContain('"rows": { "fixed": 3, "outputs": 2, "of": 4 }');
    const path = write(text);
    expect(readPlanFile(path, folder).point).toEqual(own);
    const { shape, checked } = (await build(path)).plan;
    expect(shape.multipliers).toMatchObject({ lutOutputs: 2, lutBits: 3 });
    expect(checked.graph.rows).toEqual({ outputs: 2, of: 4, bits: 3 });
    const faults = async (from: string | RegExp, to: string) => {
      const [first] = await faultsOf(write(text.replace(from, to)));
      return [first?.code, first?.message, first?.hint];
    };
    expect(await faults('"outputs": 2, "of"', '"outputs": 1, "of"')).toEqual([
      ...['VT422', 'bits.rows: they are 1 of every 4, and the outputs on LUTs 2 of 4.'],
      'Legal here is "outputs": 2, "of": 4.',
    ]);
    expect(await faults('"lutOutputs": 2', '"lutOutputs": 1')).toEqual([
      ...['VT422', 'lutOutputs: it is 1.', 'Legal beside "weights": 2.'],
    ]);
    expect(await faults('"lutOperands": "weights"', '"lutOperands": "all"')).toEqual([
      ...['VT422', 'lutOperands: it is "all".'],
      'Legal is "weights": `rows` are for outputs that multiply them alone.',
    ]);
  });

  it('takes files of before there were such rows', () => {
    const old = planText('tiny', point)
      .replace('"rows": null, ', '')
      .replace(/ {2}"lutOperands".*\n/, '');
    expect(old).not.toContain('lutOperands');
    expect(readPlanFile(write(old), folder).point).toEqual(point);
  });

  it('says where the plan stands what a later stage finds', async () => {
    const text = planText('tiny', point).replace('"activations": 5', '"activations": 8');
    const [fault] = await faultsOf(write(text.replace('"single"', '"quad"')));
    expect(fault?.code).toBe('VT415');
    expect(fault?.place).toMatchObject({ line: 8, column: 3 });
    expect(fault?.hint).toContain("'single'");
  });

  it('refuses the plan of another design, and bits that are not the design’s to have', async () => {
    const [other] = await faultsOf(edited('"tiny"', '"huge"'));
    expect([other?.code, other?.place?.line]).toEqual(['VT423', 3]);
    const [bits] = await faultsOf(edited(/"bits": .*/, '"bits": null,'));
    expect([bits?.code, bits?.place?.line]).toEqual(['VT424', 6]);
    expect(bits?.hint).toContain('"weights":4');
  });

  it('refuses a file that is missing or no JSON', async () => {
    const [missing] = await faultsOf(join(folder, 'none.json'));
    expect(missing?.code).toBe('VT420');
    const [broken] = await faultsOf(write('{ "vitrumPlan": 1, '));
    expect(broken?.code).toBe('VT421');
  });
});
