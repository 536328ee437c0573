import { join } from 'node:path';
import {
  type ArrayArchive,
  type IntegerArray,
  isFault,
  openArrays,
} from '../../src/arrays/index.ts';

/** The published arrays. All methods throw an Error that names the array that is not as it should be. */
export interface Source {
  /** An array of weights.npz, which holds them flat, with the shape that it stands for. */
  array(name: string, shape?: readonly number[]): IntegerArray;
  /** So many scalars of weights.npz. */
  scalars(name: string, count: number): readonly number[];
  /** An array of golden.npz. */
  golden(name: string): IntegerArray;
  /** An array of images.npz. */
  images(name: string): IntegerArray;
}

export function openFolder(folder: string): Source {
  const open = (file: string) => {
    const archive = openArrays(join(folder, file));
    if (isFault(archive)) throw new Error(`${join(folder, file)} ${archive.fault}`);
    return archive;
  };
  const read = (archive: ArrayArchive, name: string) => {
    const array = archive.read(name);
    if (isFault(array)) throw new Error(`${name} ${array.fault}`);
    return array;
  };
  const [weights, golden, images] = [open('weights.npz'), open('golden.npz'), open('images.npz')];
  return {
    array(name, shape) {
      const array = read(weights, name);
      if (!shape) return array;
      const size = shape.reduce((product, n) => product * n, 1);
      if (array.data.length === size) return { shape, data: array.data };
      throw new Error(`${name} has ${array.data.length} elements, not ${size}`);
    },
    scalars(name, count) {
      const { data } = read(weights, name);
      if (data.length !== count)
        throw new Error(`${name} has ${data.length} scalars, not ${count}`);
      return [...data];
    },
    golden: (name) => read(golden, name),
    images: (name) => read(images, name),
  };
}
