import { describe, expect, test } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import { type AnyDesign, loadAnyDesign } from '../../src/dsl/load.ts';
import { checkRows } from '../../src/explore/check-rows.ts';
import type { ExploreOptions } from '../../src/explore/options.ts';
import { candidateBits } from '../../src/explore/setting.ts';

const { design } = await loadAnyDesign('bench/designs/deit-tiny-w8a8.vit.ts');
const rows = [{ kind: 'fixed', bits: 4 }] as const;
const w4a4 = [{ weights: 4, activations: 4 }];

function faultOf(options: ExploreOptions, of: AnyDesign = design): string | null {
  try {
    checkRows(of, options, candidateBits(of, options));
    return null;
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    const [{ code, message, hint } = {}] = error.diagnostics;
    return `${code} ${message} ${hint}`;
  }
}

describe('rows of another kind that are asked for', () => {
  test('are searched where some bits are wider', () => {
    expect(faultOf({ rows })).toBeNull();
    expect(faultOf({ rows, bits: [{ weights: 6, activations: 4 }, ...w4a4] })).toBeNull();
    expect(faultOf({ bits: w4a4 })).toBeNull();
  });

  test('are a fault where no plan can have them', () => {
    expect(faultOf({ rows, bits: w4a4 })).toBe(
      'VT426 Rows of fixed:4 are asked for, and the weights have no more bits: W4A4. Legal are rows of fewer bits than the weights.',
    );
    expect(faultOf({ rows, splits: false })).toBe(
      'VT426 Rows of fixed:4 are asked for, and no outputs are to be on LUTs. Leave one of the two out.',
    );
    expect(faultOf({ rows, allocator: 'greedy' })).toContain('greedy chooses bits without them');
    const all = { ...design, target: { ...design.target, lutOperands: 'all' } } as AnyDesign;
    expect(faultOf({ rows }, all)).toContain('the target of the design has lutOperands: all');
  });
});
