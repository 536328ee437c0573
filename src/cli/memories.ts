import type { MappedMemory } from '../plan/index.ts';
import { percent, table } from './text.ts';

/** The memories of an engine and what they are made of: `98 x 32, 4 banks`, `8 RAMB18 1024 x 18`. */
export function memoryText(memories: readonly MappedMemory[]): string {
  const rows = memories.map(({ name, depth, width, banks, copies, ...made }) => [
    `  ${name}`,
    `${depth} x ${width}`,
    [banks > 1 ? `${banks} banks` : '', copies > 1 ? `${copies} copies` : '']
      .filter((text) => text !== '')
      .join(', '),
    String(made.count),
    made.shape ? `${made.primitive} ${made.shape.join(' x ')}` : made.primitive,
    made.used === null ? '' : percent(made.used),
  ]);
  const header = ['', 'words x bits', '', '', 'made of', 'used'];
  return ['memories', table([header, ...rows], [1, 3, 5])].join('\n');
}
