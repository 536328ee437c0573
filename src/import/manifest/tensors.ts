import { resolve } from 'node:path';
import { type ArrayArchive, type ArrayFault, isFault, openArrays } from '../../arrays/index.ts';
import type { ManifestReporter } from './read.ts';
import { splitReference, type TensorSource } from './schema.ts';

/** What is asked of a tensor. */
export interface Wanted {
  /** Null for a table, which has as many entries as it has. */
  readonly shape: readonly number[] | null;
  readonly path: readonly PropertyKey[];
}

/** Reads the tensors that a manifest names; null after a fault. */
export interface TensorReader {
  int32(source: TensorSource, wanted: Wanted): Int32Array | null;
  /** Integers of up to 53 bits. */
  wide(source: TensorSource, wanted: Wanted): Float64Array | null;
}

const INT32 = 2 ** 31;

/** @param folder folder of the manifest */
export function createTensorReader(folder: string, report: ManifestReporter): TensorReader {
  const archives = new Map<string, ArrayArchive | ArrayFault>();

  const archiveOf = (file: string, path: readonly PropertyKey[]) => {
    const known = archives.get(file);
    // A file that cannot be read is said once, however many tensors it should have had.
    if (known) return isFault(known) ? null : known;
    const opened = openArrays(resolve(folder, file));
    archives.set(file, opened);
    if (!isFault(opened)) return opened;
    report.add(opened.kind === 'large' ? 'VT209' : 'VT233', path, `'${file}' ${opened.fault}.`);
    return null;
  };

  const elements = (source: TensorSource, { shape, path }: Wanted): ArrayLike<number> | null => {
    if (typeof source !== 'string') return sized(source, [source.length], shape, path);
    const [file, name] = splitReference(source);
    const archive = archiveOf(file, path);
    if (!archive) return null;
    const array = archive.read(name);
    if (!isFault(array)) return sized(array.data, array.shape, shape, path);
    const code = array.kind === 'missing' ? 'VT234' : array.kind === 'large' ? 'VT209' : 'VT233';
    const hint = array.kind === 'missing' ? nearby(archive, name) : undefined;
    report.add(code, path, `'${source}' ${array.fault}.`, hint);
    return null;
  };

  /** A tensor has the shape that is wanted, or all its elements in one row. */
  const sized = (
    data: ArrayLike<number>,
    has: readonly number[],
    wanted: Wanted['shape'],
    path: readonly PropertyKey[],
  ) => {
    const flat = wanted?.reduce((product, n) => product * n, 1) ?? data.length;
    const legal = [wanted ?? [flat], [flat]].some(
      (shape) => shape.length === has.length && shape.every((n, i) => n === has[i]),
    );
    if (legal) return data;
    const text = wanted ? `[${wanted.join(', ')}]` : 'one axis';
    report.add('VT235', path, `the tensor has the shape [${has.join(', ')}], not ${text}.`);
    return null;
  };

  return {
    int32(source, wanted) {
      const data = elements(source, wanted);
      if (!data) return null;
      for (let i = 0; i < data.length; i++) {
        const value = data[i] as number;
        if (value >= -INT32 && value < INT32) continue;
        report.add(
          'VT236',
          wanted.path,
          `element ${i} is ${value}.`,
          'Integers of 32 bits are legal.',
        );
        return null;
      }
      return Int32Array.from(data);
    },
    wide(source, wanted) {
      const data = elements(source, wanted);
      return data && Float64Array.from(data);
    },
  };
}

function nearby({ names }: ArrayArchive, name: string): string | undefined {
  const last = name.split('.').at(-1) ?? name;
  const found = names.filter((other) => other.endsWith(last)).slice(0, 3);
  return found.length > 0 ? `It has ${found.join(', ')}.` : undefined;
}
