export * from './random.ts';
export * from './round-shift.ts';
export * from './saturate.ts';
