import { type Branch, innerWidth, leadingTokens, type Model } from '../model/index.ts';
import type { Reporter } from './reporter.ts';

/** Epsilons are stored in single precision. */
const EPSILON_TOLERANCE = 1e-3;

/** Adds a fault (VT211) for each difference between the model of the graph and the design's. */
export function compareModels(found: Model, wanted: Model, reporter: Reporter): void {
  const compare = (what: string, has: string | number, wants: string | number) => {
    if (has === wants) return;
    reporter.add(
      'VT211',
      `'${reporter.file}' has ${what} ${has}, but the design has ${wants}.`,
      'Change the design, or give the weights of this design.',
    );
  };
  compare('an image height of', found.image.height, wanted.image.height);
  compare('an image width of', found.image.width, wanted.image.width);
  compare('image channels:', found.image.channels, wanted.image.channels);
  compare('a patch of', found.patch, wanted.patch);
  compare('a width of', found.width, wanted.width);
  compare('a pooling of', poolingName(found), poolingName(wanted));
  compare('learned tokens before its patches:', leadingTokens(found), leadingTokens(wanted));
  compare('its LayerNorms', orderName(found), orderName(wanted));
  compare('a number of classes of', found.classes, wanted.classes);
  compare('a number of residual branches of', found.branches.length, wanted.branches.length);
  found.branches.slice(0, wanted.branches.length).forEach((branch, i) => {
    const other = wanted.branches[i] as Branch;
    compare(`as branch '${other.name}'`, branchName(branch, found), branchName(other, wanted));
  });
  const near = Math.abs(found.epsilon - wanted.epsilon) <= EPSILON_TOLERANCE * wanted.epsilon;
  if (!near) compare('a LayerNorm epsilon of', found.epsilon, wanted.epsilon);
}

function poolingName({ pooling, finalNorm = 'pooled' }: Model): string {
  // Where one row is read, it does not matter whether the others are normalized too.
  const order = pooling !== 'mean' && finalNorm === 'tokens' ? 'pooled' : finalNorm;
  const norm = { pooled: '', tokens: ' behind the last LayerNorm', none: ' without LayerNorm' };
  return `'${pooling}'${norm[order]}`;
}

function orderName({ norm = 'pre', embeddingNorm }: Model): string {
  const order = norm === 'pre' ? 'before the branches' : 'behind the sums';
  return embeddingNorm ? `behind the embedding and ${order}` : order;
}

/** `attention of 4 heads`, `256 gelu, 64` */
function branchName(branch: Branch, model: Model): string {
  if (branch.kind === 'attention') {
    const inner = innerWidth(branch, model);
    const size = inner === model.width ? '' : ` and ${inner} channels`;
    return `an attention of ${branch.heads} heads${size}`;
  }
  const layers = branch.layers.map(({ width, activation }) =>
    activation === 'none' ? `${width}` : `${width} ${activation}`,
  );
  return `linear layers of ${layers.join(', ')}`;
}
