export { type AllocatedLayers, allocateLayers } from './allocate-layers.ts';
export { checkAllocator } from './check-allocator.ts';
