import { type Model, type Parameters, signPath } from '../model/index.ts';
import { preActivation } from '../quantize/float-model.ts';
import { operationsOf, type View } from './graph/value.ts';
import type { Encoder, EncoderBranch } from './match/encoder.ts';
import { tensorQuantizer } from './match/quantizer.ts';

/*
 * Tensors of which a file keeps the signs alone (QONNX's BipolarQuant). Where these are not the
 * tensors of an integer graph, they are refused: matching looks through quantizers, and signs are
 * another function.
 */

/** A tensor that may be signs, under its name in the float model. */
interface Place {
  readonly name: string;
  /** All that read it; they must read the same. */
  readonly views: readonly View[];
  /** What the tensor holds, as a multiple of what is computed for it. */
  readonly factor: number;
}

/** The magnitudes of the tensors that are signs, as parameters of the model. */
export function signParameters(encoder: Encoder, model: Model): Parameters {
  return new Map(
    placesOf(encoder, model).flatMap(({ name, views: [view] }) => {
      const quantizer = view && tensorQuantizer(view);
      if (!quantizer?.sign) return [];
      return [[signPath(name), { shape: [], data: Float32Array.of(quantizer.scale) }] as const];
    }),
  );
}

/** What is reduced to signs in a place that has no integer form for them; null when nothing is. */
export function unsupportedSigns(encoder: Encoder, model: Model): string | null {
  const built = new Set(
    placesOf(encoder, model)
      .filter(({ views, factor }) => factor > 0 && agree(views))
      .flatMap(({ views }) => views.map(({ base }) => base)),
  );
  const other = [...operationsOf(encoder.output)].find(
    (operation) => operation.attributes.sign && !built.has(operation),
  );
  if (!other) return null;
  return `the node '${other.node?.name}' (BipolarQuant) keeps the signs alone of a tensor that is neither a LayerNorm as all of its products read it, nor a query, key, value, score, weighted value or hidden layer`;
}

function agree([first, ...others]: readonly View[]): boolean {
  const own = first && tensorQuantizer(first);
  const same = (view: View) => {
    const quantizer = tensorQuantizer(view);
    return quantizer?.sign === own?.sign && quantizer?.scale === own?.scale;
  };
  return others.every(same);
}

function placesOf(encoder: Encoder, model: Model): readonly Place[] {
  const places = encoder.branches.flatMap((branch, i) => {
    const name = model.branches[i]?.name ?? '';
    const norm = { name: `${name}.norm`, views: readersOf(branch), factor: 1 };
    const inner = branch.kind === 'attention' ? attention(branch, name) : hidden(branch, name);
    return model.norm === 'post' ? inner : [norm, ...inner];
  });
  const { pooling, finalNorm = 'pooled' } = model;
  const read = finalNorm === 'pooled' || (finalNorm === 'tokens' && pooling !== 'mean');
  const last = { name: 'norm', views: encoder.heads.map(({ x }) => x), factor: 1 };
  return read ? [...places, last] : places;
}

function readersOf(branch: EncoderBranch): readonly View[] {
  return branch.kind === 'attention'
    ? [branch.query.x, branch.key.x, branch.value.x]
    : branch.layers.slice(0, 1).map(({ linear }) => linear.x);
}

function attention(
  { views, factors, output }: Extract<EncoderBranch, { kind: 'attention' }>,
  name: string,
): Place[] {
  const parts = (['query', 'key', 'value', 'scores'] as const).map((part) => ({
    ...{ name: `${name}.${part}`, views: [views[part]], factor: factors[part] },
  }));
  return [...parts, { name: `${name}.weighted`, views: [output.x], factor: 1 }];
}

function hidden(
  { layers }: Extract<EncoderBranch, { kind: 'feedForward' }>,
  branch: string,
): Place[] {
  return layers.slice(0, -1).flatMap(({ activation, before, after }, i) => {
    const name = `${branch}.linear${i}`;
    const own = { name, views: [after], factor: 1 };
    return activation === 'none'
      ? [own]
      : [{ name: preActivation(name), views: [before], factor: 1 }, own];
  });
}
