export { openStore, type Store } from '../tools/store.ts';
export type { DesignAccuracyOptions } from './design.ts';
export {
  type Accuracy,
  type AccuracyOptions,
  type AccuracyRequest,
  bitsOf,
  type Candidate,
  type MethodAccuracy,
  measureAccuracy,
} from './measure.ts';
export { referenceOf } from './reference.ts';
export type { Score } from './scores.ts';
