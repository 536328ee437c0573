export * from './board.ts';
export * from './constraints.ts';
export * from './load-board.ts';
export * from './nearest.ts';
