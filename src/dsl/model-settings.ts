import type { z } from 'zod';
import type { Diagnostic, Place } from '../diagnostics/index.ts';
import { type Branch, leadingTokens, type Model, pooledTokens } from '../model/index.ts';
import { type Draft, draft } from './draft.ts';
import { codes, divisorHint, fault } from './faults.ts';
import { oneOf, setting, whole } from './settings.ts';
import type { ImageSides } from './types/checks.ts';

/** A model as described: a `Model` whose name is given by the design, with absolute places. */
export type ModelDraft = Draft<'model', Omit<Model, 'name'>>;

/** Beyond these sizes no target is in sight, and the number is more likely a slip. */
export const limits = { width: 4096, tokens: 4096, depth: 64, branches: 128 } as const;

const perChannel = (legal: string, test: (v: number) => boolean) =>
  setting<readonly number[]>(
    `a list with ${legal} for each channel`,
    (v) => Array.isArray(v) && v.every((x) => Number.isFinite(x) && test(x)),
  );

const isSide = (v: unknown) => Number.isInteger(v) && Number(v) >= 1 && Number(v) <= 4096;

/** Settings that every kind of model has. */
export const modelFields = {
  image: setting<ImageSides>(
    'a whole number from 1 to 4096, or two of them: [height, width]',
    (v) => (Array.isArray(v) ? v.length === 2 && v.every(isSide) : isSide(v)),
  ),
  channels: whole(1, 64).optional(),
  patch: whole(1, 1024),
  width: whole(1, limits.width),
  classes: whole(1, 65536),
  pooling: oneOf('class', 'mean', 'distilled').optional(),
  leading: whole(0, 64).optional(),
  norm: oneOf('pre', 'post').optional(),
  embeddingNorm: setting<boolean>('true or false', (v) => typeof v === 'boolean').optional(),
  finalNorm: oneOf('pooled', 'tokens', 'none').optional(),
  mean: perChannel('a number', () => true).optional(),
  std: perChannel('a number above 0', (x) => x > 0).optional(),
  epsilon: setting<number>(
    'a number above 0, up to 0.1',
    (v) => typeof v === 'number' && v > 0 && v <= 0.1,
  ).optional(),
};

export type ModelSettings = z.infer<z.ZodObject<typeof modelFields>>;

export const defaults = {
  channels: 3,
  pooling: 'class',
  /** Of timm's ViT and DeiT. */
  epsilon: 1e-6,
} as const;

/** Checks across the settings that every kind of model has; settings at fault are left out. */
export function checkModelSettings(
  good: Partial<ModelSettings>,
  place: Place | undefined,
): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const { image, patch, mean, std, channels = defaults.channels } = good;
  if (image !== undefined && patch !== undefined) {
    const [height, width] = sides(image);
    const odd = [height, width].find((side) => side % patch !== 0);
    if (odd !== undefined) {
      const message = `The patch ${patch} does not divide the image side ${odd}.`;
      const hint = divisorHint(commonDivisor(height, width), patch);
      faults.push(fault(codes.patch, place, 'patch', message, hint));
    } else {
      const { pooling = defaults.pooling } = good;
      const leading = leadingTokens({ pooling, leading: good.leading });
      const tokens = (height / patch) * (width / patch) + leading;
      if (tokens > limits.tokens) {
        const message = `An image of ${height}x${width} in patches of ${patch} makes ${tokens} tokens.`;
        const hint = `At most ${limits.tokens} are supported: take larger patches.`;
        faults.push(fault(codes.tooLarge, place, 'patch', message, hint));
      }
    }
  }
  const { pooling = defaults.pooling, leading } = good;
  if (leading !== undefined && leading < pooledTokens[pooling]) {
    const least = pooledTokens[pooling];
    const message = `leading is ${leading}, and pooling '${pooling}' reads ${least} learned tokens.`;
    faults.push(fault(codes.value, place, 'leading', message, `At least ${least} is legal.`));
  }
  for (const [name, values] of [['mean', mean] as const, ['std', std] as const]) {
    if (values === undefined || values.length === channels) continue;
    const message = `${name} has ${values.length} values for ${channels} channels.`;
    const hint = `${channels} ${channels === 1 ? 'value is' : 'values are'} needed.`;
    faults.push(fault(codes.perChannel, place, name, message, hint));
  }
  return faults;
}

/** Height and width of an image, which a single number makes square. */
function sides(image: ImageSides): readonly [height: number, width: number] {
  return typeof image === 'number' ? [image, image] : image;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** `5 heads do not divide the width 64.`, or nothing. */
export function checkHeads(
  heads: number,
  width: number,
  place: Place | undefined,
): readonly Diagnostic[] {
  if (width % heads === 0) return [];
  const message = `${heads} heads do not divide the width ${width}.`;
  return [fault(codes.heads, place, 'heads', message, divisorHint(width, heads))];
}

/** The finished draft: a model when there is no fault. */
export function modelDraft(
  from: string,
  settings: ModelSettings | undefined,
  branches: readonly Branch[],
  faults: readonly Diagnostic[],
  place: Place | undefined,
): ModelDraft {
  if (!settings || faults.length > 0) {
    return draft<'model', Omit<Model, 'name'>>('model', from, undefined, faults, place);
  }
  const { image, patch, width, classes } = settings;
  const { channels = defaults.channels, pooling = defaults.pooling } = settings;
  const { epsilon = defaults.epsilon, leading, norm, embeddingNorm, finalNorm } = settings;
  // Without mean and std the network sees pixels of range 0..1 as they are.
  const { mean = Array(channels).fill(0), std = Array(channels).fill(1) } = settings;
  const [height, across] = sides(image);
  const format = { height, width: across, channels, mean: [...mean], std: [...std] };
  const order = {
    ...(leading !== undefined && leading !== pooledTokens[pooling] && { leading }),
    ...(norm === 'post' && { norm }),
    ...(embeddingNorm === true && { embeddingNorm }),
    ...(finalNorm !== undefined && finalNorm !== 'pooled' && { finalNorm }),
  };
  const value = {
    ...{ image: format, patch, width, pooling, ...order },
    ...{ branches, classes, epsilon, place },
  };
  return draft('model', from, value, [], place);
}
