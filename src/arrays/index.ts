export {
  type ArrayFault,
  type IntegerArray,
  type IntegerData,
  isFault,
  MAX_ELEMENTS,
} from './array.ts';
export { readNpy, writeNpy } from './npy.ts';
export { type ArrayArchive, openNpz, writeNpz } from './npz.ts';
export { arrayFileEndings, ONLY_ARRAY, openArrays } from './open.ts';
export { openSafetensors } from './safetensors.ts';
