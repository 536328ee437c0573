import { type Constant, type Operation, sizeOf, sourceIndex, type View } from '../graph/value.ts';
import { type Linear, linearOf, reorderInputs, withFactor } from './linear.ts';
import { describe, isMismatch, type Mismatch, mismatch } from './mismatch.ts';

export interface Embedding {
  readonly image: { readonly channels: number; readonly height: number; readonly width: number };
  readonly patch: number;
  readonly width: number;
  /** `[width, channels * patch * patch]`, inputs in order channel, row, column. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly classToken: Float32Array | null;
  /** `[tokens, width]`; zero where the graph adds none. */
  readonly position: Float32Array;
}

/** The tokens that the first residual branch reads: patches, class token, position embedding. */
export function embeddingOf(view: View): Embedding | Mismatch {
  const [tokens, width] = view.shape.slice(-2) as [number, number];
  const positioned = positionOf(view, tokens * width);
  const { view: joined, position } = positioned ?? {
    view,
    position: new Float32Array(tokens * width),
  };
  const concat = joined.base.type === 'Concat' && joined.map === null ? joined.base : null;
  const classed = concat && classTokenOf(concat, width);
  if (concat && !classed) {
    return mismatch(`${describe(joined)} does not put one class token before the patches`);
  }
  const patches = patchesOf(classed ? classed.patches : joined, width);
  if (isMismatch(patches)) return patches;
  const classToken = classed ? Float32Array.from(classed.token.data) : null;
  return { ...patches, width, classToken, position };
}

/** An Add of one constant per element, or the same for each image. */
function positionOf(view: View, size: number): { view: View; position: Float32Array } | null {
  const [a, b] = view.base.type === 'Add' && view.map === null ? view.base.operands : [];
  const [tokens, constant] = a?.kind === 'view' ? [a, b] : [b, a];
  if (tokens?.kind !== 'view' || constant?.kind !== 'constant') return null;
  if (sizeOf(constant.shape) !== size) return null;
  return { view: tokens, position: Float32Array.from(constant.data) };
}

function classTokenOf(concat: Operation, width: number): { token: Constant; patches: View } | null {
  const [token, patches] = concat.operands;
  const alongTokens = concat.attributes.axis === concat.shape.length - 2;
  if (concat.operands.length !== 2 || !alongTokens) return null;
  if (token?.kind !== 'constant' || patches?.kind !== 'view') return null;
  return sizeOf(token.shape) === width ? { token, patches } : null;
}

type Patches = Pick<Embedding, 'image' | 'patch' | 'weight' | 'bias'>;

function patchesOf(view: View, width: number): Patches | Mismatch {
  const { base } = view;
  if (base.type === 'Conv') return convolved(view, width);
  const linear = view.map === null ? linearOf(base) : null;
  if (linear) return multiplied(withFactor(linear, linear.factor));
  return mismatch(
    `the patch embedding ends at ${describe(view)}, which is neither a convolution nor a linear layer`,
  );
}

/** A convolution of patches, its result turned to `[patches, width]`. */
function convolved(view: View, width: number): Patches | Mismatch {
  const [x, weight, bias] = view.base.operands;
  const [, , rows = 0, columns = 0] = view.base.shape;
  const count = rows * columns;
  const order = Array.from(
    { length: count * width },
    (_, i) => (i % width) * count + Math.floor(i / width),
  );
  if (sizeOf(view.shape) !== order.length || order.some((s, i) => sourceIndex(view, i) !== s)) {
    return mismatch(`the patches of ${describe(view)} are not in the order of rows and columns`);
  }
  if (x?.kind !== 'view' || x.base.type !== 'Input' || x.map || weight?.kind !== 'constant') {
    return mismatch(`${describe(view)} does not read the image itself`);
  }
  return {
    image: imageOf(x.base),
    patch: weight.shape[2] as number,
    weight: Float32Array.from(weight.data),
    bias: bias?.kind === 'constant' ? Float32Array.from(bias.data) : new Float32Array(width),
  };
}

/** A linear layer over patches that reshapes cut out of the image. */
function multiplied(linear: Linear): Patches | Mismatch {
  const { x } = linear;
  if (x.base.type !== 'Input') return mismatch(`${describe(x)} is not the image itself`);
  const image = imageOf(x.base);
  const patch = Math.sqrt(linear.input / image.channels);
  const across = image.width / patch;
  const order: number[] = [];
  for (let t = 0; t < linear.rows; t++) {
    for (let k = 0; k < linear.input; k++) {
      const source = sourceIndex(x, t * linear.input + k);
      const channel = Math.floor(source / (image.height * image.width));
      const row =
        (Math.floor(source / image.width) % image.height) - Math.floor(t / across) * patch;
      const column = (source % image.width) - (t % across) * patch;
      const place = (channel * patch + row) * patch + column;
      if (t === 0) order.push(place);
      const inside = row >= 0 && row < patch && column >= 0 && column < patch;
      if (!inside || order[k] !== place) {
        return mismatch('the linear patch embedding does not read square patches in order');
      }
    }
  }
  const { weight, bias } = reorderInputs(linear, order);
  return { image, patch, weight, bias };
}

function imageOf({ shape }: Operation): Embedding['image'] {
  const [, channels = 0, height = 0, width = 0] = shape;
  return { channels, height, width };
}
