import { broadcastIndices } from '../graph/shapes.ts';
import { type Operation, sizeOf, sourceIndex, type Value, type View } from '../graph/value.ts';
import { type Linear, linearOf, reorderInputs, withFactor } from './linear.ts';
import { describe, isMismatch, type Mismatch, mismatch } from './mismatch.ts';
import { type Pixels, pixelsOf } from './pixels.ts';
import { bare, through, viewAndConstant } from './views.ts';

export interface Embedding {
  readonly image: { readonly channels: number; readonly height: number; readonly width: number };
  readonly patch: number;
  readonly width: number;
  /** `[width, channels * patch * patch]`, inputs in order channel, row, column. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly codes: Linear['codes'];
  /** Learned tokens before the patches. */
  readonly leading: readonly Float32Array[];
  /** `[tokens, width]`; zero where the graph adds none. */
  readonly position: Float32Array;
  /** What the product reads, with its quantizer. */
  readonly pixels: View;
  /** The factors that the graph itself has for pixels, by channel; null where it takes them as they are. */
  readonly normalized: Float64Array | null;
}

/** A row of tokens: a patch or a learned token, and the constants added to it. */
interface Row {
  readonly patch: number | null;
  readonly token: Float32Array | null;
  readonly added: Float32Array;
}

/**
 * The tokens that the first residual branch reads: patches, learned tokens before them, position
 * embedding, added before or after the tokens are joined.
 */
export function embeddingOf(view: View): Embedding | Mismatch {
  const [count, width] = view.shape.slice(-2) as [number, number];
  const found: Patches[] = [];
  const rows = rowsOf(view, count, width, found);
  if (isMismatch(rows)) return rows;
  const [patches] = found;
  if (!patches || found.length !== 1) {
    return mismatch(`the tokens of ${describe(bare(view))} do not come from one patch embedding`);
  }
  const { patch, image } = patches;
  if (image.height % patch !== 0 || image.width % patch !== 0) {
    return mismatch(
      `its patches of ${patch} do not fill its image of ${image.height}x${image.width}: crop what it leaves out before the network`,
    );
  }
  const leading = rows.findIndex((row) => row.patch !== null);
  const ordered = rows.slice(leading).every((row, i) => row.patch === i);
  if (!ordered || rows.length - leading !== patches.count) {
    return mismatch(
      `the tokens of ${describe(bare(view))} are not learned tokens and then all patches in order`,
    );
  }
  const position = new Float32Array(count * width);
  rows.forEach((row, i) => {
    position.set(row.added, i * width);
  });
  const tokens = rows.slice(0, leading).map((row) => row.token ?? new Float32Array(width));
  const { count: _count, ...own } = patches;
  return { ...own, width, leading: tokens, position };
}

function rowsOf(given: Value, count: number, width: number, found: Patches[]): Row[] | Mismatch {
  const blank = new Float32Array(width);
  if (given.kind === 'constant') {
    return Array.from({ length: count }, (_, i) => ({
      patch: null,
      token: Float32Array.from(given.data.subarray(i * width, (i + 1) * width)),
      added: blank,
    }));
  }
  const view = bare(given);
  const { base } = view;
  const pair = base.type === 'Add' ? viewAndConstant(base) : null;
  const isBias = pair !== null && linearOf(base) !== null;
  if (pair && !isBias && sizeOf(pair[0].shape) === sizeOf(base.shape)) {
    const rows = rowsOf(through(view, pair[0]), count, width, found);
    if (isMismatch(rows)) return rows;
    const indices = broadcastIndices(pair[1].shape, base.shape);
    return rows.map((row, r) => ({
      ...row,
      added: row.added.map(
        (x, c) => x + (pair[1].data[indices[sourceIndex(view, r * width + c)] as number] as number),
      ),
    }));
  }
  if (base.type === 'Concat') return joined(view, count, width, found);
  const patches = patchesOf(view, width);
  if (isMismatch(patches)) return patches;
  const rows: Row[] = [];
  for (let r = 0; r < count; r++) {
    const patch = patches.rowAt(view, r);
    if (patch === null) {
      return mismatch(`the patches of ${describe(view)} are not in the order of rows and columns`);
    }
    rows.push({ patch, token: null, added: blank });
  }
  found.push(patches.patches);
  return rows;
}

/** Tokens put before patches, along the axis of the tokens. */
function joined(view: View, count: number, width: number, found: Patches[]): Row[] | Mismatch {
  const { base } = view;
  const alongTokens = base.attributes.axis === base.shape.length - 2;
  if (!alongTokens || base.shape[base.shape.length - 1] !== width) {
    return mismatch(`${describe(view)} joins something else than tokens`);
  }
  const all: Row[] = [];
  for (const operand of base.operands) {
    const rows = rowsOf(operand, sizeOf(operand.shape) / width, width, found);
    if (isMismatch(rows)) return rows;
    all.push(...rows);
  }
  const picked: Row[] = [];
  for (let r = 0; r < count; r++) {
    const row = all[sourceIndex(view, r * width) / width];
    const straight = Array.from({ length: width }, (_, c) => sourceIndex(view, r * width + c));
    if (!row || straight.some((s, c) => s !== (straight[0] as number) + c)) {
      return mismatch(`${describe(view)} does not give whole tokens`);
    }
    picked.push(row);
  }
  return picked;
}

type Patches = Omit<Embedding, 'width' | 'leading' | 'position'> & { readonly count: number };

interface PatchSource {
  readonly patches: Patches;
  /** Which patch row `r` of a view of the source is, or null when it is no whole one. */
  readonly rowAt: (view: View, r: number) => number | null;
}

function patchesOf(view: View, width: number): PatchSource | Mismatch {
  const { base } = view;
  if (base.type === 'Conv') return convolved(base, width);
  const linear = linearOf(base);
  if (linear) return multiplied(withFactor(linear, linear.factor), width);
  return mismatch(
    `the tokens begin with ${describe(view)}, which is neither a convolution nor a linear layer of the image, nor a branch added to what it reads`,
  );
}

const row =
  (count: number, width: number, source: (patch: number, channel: number) => number) =>
  (view: View, r: number): number | null => {
    const first = sourceIndex(view, r * width);
    for (let patch = 0; patch < count; patch++) {
      if (source(patch, 0) !== first) continue;
      for (let c = 1; c < width; c++) {
        if (sourceIndex(view, r * width + c) !== source(patch, c)) return null;
      }
      return patch;
    }
    return null;
  };

/** A convolution of patches; its result has the channels before the patches. */
function convolved(base: Operation, width: number): PatchSource | Mismatch {
  const [x, weight, bias] = base.operands;
  const [, , rows = 0, columns = 0] = base.shape;
  const count = rows * columns;
  const pixels = x?.kind === 'view' ? pixelsOf(x) : null;
  if (!pixels || pixels.view.map || weight?.kind !== 'constant') {
    return mismatch(`the convolution '${base.node?.name}' does not read the image itself`);
  }
  const plain = bias?.kind === 'constant' ? Float32Array.from(bias.data) : new Float32Array(width);
  const patch = weight.shape[2] as number;
  const own = {
    weight: Float32Array.from(weight.data),
    bias: plain,
    codes: weight.codes ?? null,
  };
  return {
    patches: { ...folded(own, pixels, patch), ...geometry(pixels, patch), count },
    rowAt: row(count, width, (patch, c) => c * count + patch),
  };
}

/** A linear layer over patches that reshapes cut out of the image. */
function multiplied(linear: Linear, width: number): PatchSource | Mismatch {
  const pixels = pixelsOf(linear.x);
  if (!pixels) {
    return mismatch(
      `${describe(bare(linear.x))} stands between the image and the first linear layer`,
    );
  }
  const { view } = pixels;
  const [, channels = 0, height = 0, across = 0] = view.base.shape;
  const patch = Math.sqrt(linear.input / channels);
  const perRow = across / patch;
  const order: number[] = [];
  for (let t = 0; t < linear.rows; t++) {
    for (let k = 0; k < linear.input; k++) {
      const source = sourceIndex(view, t * linear.input + k);
      const channel = Math.floor(source / (height * across));
      const y = (Math.floor(source / across) % height) - Math.floor(t / perRow) * patch;
      const x = (source % across) - (t % perRow) * patch;
      const place = (channel * patch + y) * patch + x;
      if (t === 0) order.push(place);
      const inside = y >= 0 && y < patch && x >= 0 && x < patch;
      if (!inside || order[k] !== place) {
        return mismatch('the linear patch embedding does not read square patches in order');
      }
    }
  }
  const { weight, bias, codes } = reorderInputs(linear, order);
  return {
    patches: {
      ...folded({ weight, bias, codes }, pixels, patch),
      ...geometry(pixels, patch),
      count: linear.rows,
    },
    rowAt: row(linear.rows, width, (patch, c) => patch * width + c),
  };
}

/** The weights for the image itself, with the normalization of pixels inside. */
function folded(
  { weight, bias, codes }: Pick<Embedding, 'weight' | 'bias' | 'codes'>,
  { scale, shift }: Pixels,
  patch: number,
): Pick<Embedding, 'weight' | 'bias' | 'codes'> {
  if (isIdentity({ scale, shift })) return { weight, bias, codes };
  const input = weight.length / bias.length;
  const channel = (i: number) => Math.floor((i % input) / (patch * patch));
  const constants = Float64Array.from(bias);
  weight.forEach((w, i) => {
    const n = Math.floor(i / input);
    constants[n] = (constants[n] as number) + w * (shift[channel(i)] as number);
  });
  return {
    weight: weight.map((w, i) => w * (scale[channel(i)] as number)),
    bias: Float32Array.from(constants),
    codes: codes && {
      ...codes,
      steps: codes.steps.map((s, i) => s * (scale[channel(i)] as number)),
    },
  };
}

function geometry({ view, quantized, scale, shift }: Pixels, patch: number) {
  const [, channels = 0, height = 0, width = 0] = view.base.shape;
  const normalized = isIdentity({ scale, shift }) ? null : scale;
  return { image: { channels, height, width }, patch, pixels: quantized, normalized };
}

function isIdentity({ scale, shift }: Pick<Pixels, 'scale' | 'shift'>): boolean {
  return scale.every((s) => s === 1) && shift.every((s) => s === 0);
}
