export * from './diagnostic.ts';
export * from './place.ts';
