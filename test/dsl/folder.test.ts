import { expect, test } from 'vitest';
import { folder } from '../../src/index.ts';

test('folder names images of the user', () => {
  expect(folder({ path: './digits', count: 5 }).value).toEqual({
    kind: 'folder',
    path: './digits',
    count: 5,
  });
  const { faults } = folder({ path: '', count: 0 } as unknown as Parameters<typeof folder>[0]);
  expect(faults.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    'VT103 path',
    'VT103 count',
  ]);
});
