import { DiagnosticsError } from '../../diagnostics/index.ts';
import type { AnyDesign } from '../../dsl/load.ts';
import type { AllocatorName } from '../allocate/index.ts';
import { bitsOfDesign } from '../plan-file/index.ts';

/** Whether an allocator chooses bits layer by layer. */
export function isByLayer(allocator: AllocatorName | undefined): boolean {
  return allocator !== undefined && allocator !== 'uniform' && allocator !== 'vaqf';
}

/** Throws `DiagnosticsError` VT425: the bits of the design are not to be chosen. */
export function checkAllocator(design: AnyDesign, allocator: AllocatorName | undefined): void {
  if (allocator === undefined || allocator === 'uniform' || bitsOfDesign(design)) return;
  throw new DiagnosticsError([
    {
      code: 'VT425',
      message: `The allocator ${allocator} has no bits to choose: the integers of ${design.name} are given.`,
      hint: 'Legal is uniform.',
      place: design.places.design,
    },
  ]);
}
