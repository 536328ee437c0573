import type { Model } from '../model/index.ts';
import type { Encoder, EncoderBranch } from './match/encoder.ts';
import type { Reporter } from './reporter.ts';

/** Epsilons are stored in single precision. */
const EPSILON_TOLERANCE = 1e-3;

/** Adds a fault (VT211) for each difference between the graph and the design. */
export function compareWithModel(encoder: Encoder, model: Model, reporter: Reporter): void {
  const { embedding, branches } = encoder;
  const compare = (what: string, found: string | number, wanted: string | number) => {
    if (found === wanted) return;
    reporter.add(
      'VT211',
      `'${reporter.file}' has ${what} ${found}, but the design has ${wanted}.`,
      'Change the design, or give the weights of this design.',
    );
  };
  const { channels, height, width } = embedding.image;
  compare('an image height of', height, model.image.height);
  compare('an image width of', width, model.image.width);
  compare('image channels:', channels, model.image.channels);
  compare('a patch of', embedding.patch, model.patch);
  compare('a width of', embedding.width, model.width);
  compare('a pooling of', poolingName(encoder), poolingName(model));
  compare('a number of classes of', encoder.head.out, model.classes);
  compare('a number of residual branches of', branches.length, model.branches.length);
  branches.slice(0, model.branches.length).forEach((branch, i) => {
    const wanted = model.branches[i] as Model['branches'][number];
    compare(`as branch '${wanted.name}'`, branchName(branch), branchName(wanted));
  });
  const norms = [...branches.map((branch) => branch.norm), encoder.norm];
  const epsilons = new Set(norms.map((norm) => Number(norm.epsilon.toPrecision(4))));
  for (const epsilon of epsilons) {
    const near = Math.abs(epsilon - model.epsilon) <= EPSILON_TOLERANCE * model.epsilon;
    if (!near) compare('a LayerNorm epsilon of', epsilon, model.epsilon);
  }
}

/** A mean over rows of which one is a class token is neither of the two that a design can say. */
function poolingName(model: Model | Encoder): string {
  const extra = 'embedding' in model && model.pooling === 'mean' && model.embedding.classToken;
  const lacking = 'embedding' in model && model.pooling === 'class' && !model.embedding.classToken;
  if (extra) return "'mean' with a class token";
  return lacking ? "'class' without a class token" : `'${model.pooling}'`;
}

/** `attention of 4 heads`, `256 gelu, 64` */
function branchName(branch: EncoderBranch | Model['branches'][number]): string {
  if (branch.kind === 'attention') return `an attention of ${branch.heads} heads`;
  const layers = branch.layers.map((layer) => {
    const width = 'linear' in layer ? layer.linear.out : layer.width;
    return layer.activation === 'none' ? `${width}` : `${width} ${layer.activation}`;
  });
  return `linear layers of ${layers.join(', ')}`;
}
