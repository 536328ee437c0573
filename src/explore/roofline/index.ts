export * from './machine.ts';
export * from './operators.ts';
export * from './precision.ts';
export * from './roofline.ts';
export * from './work.ts';
