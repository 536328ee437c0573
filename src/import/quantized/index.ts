import type { QuantSettings } from '../../dsl/design.ts';
import type { IntegerGraph } from '../../ir/index.ts';
import type { Branch, Model, Parameters } from '../../model/index.ts';
import { assemble, type NodeMaker } from '../../quantize/assemble.ts';
import { type Context, createContext } from '../../quantize/context.ts';
import { createObservations } from '../../quantize/observations.ts';
import { deepFreeze } from '../../quantize/quantize.ts';
import { operationsOf } from '../graph/value.ts';
import type { Encoder } from '../match/encoder.ts';
import { tensorQuantizer } from '../match/quantizer.ts';
import { unsupportedSigns } from '../signs.ts';
import { importedAttention } from './attention.ts';
import { importedEmbedding, importedInput } from './embedding.ts';
import { importedFeedForward } from './feed-forward.ts';
import { importedHead } from './head.ts';
import { importedActivation, importedNorm, normQuantizers } from './norms.ts';

/**
 * The integer graph of a model that was quantized before it came here. Weights keep their integers,
 * and what products read keeps scale and zero point (codes are less the zero point). The residual
 * stream and the logits have the 16 bits of a design of its own, and LayerNorm, softmax and
 * activation become integer units; their ranges come from `images`.
 */
export function keepQuantization(
  encoder: Encoder,
  model: Model,
  parameters: Parameters,
  images: readonly Uint8Array[],
  settings: QuantSettings,
): IntegerGraph {
  const context = createContext(createObservations(model, parameters, images), settings);
  const input = importedInput(context, encoder);
  const nodes = assemble(context, input.tensor, makerOf(context, encoder));
  return deepFreeze({ name: model.name, input, nodes });
}

function makerOf(context: Context, encoder: Encoder): NodeMaker {
  const { model } = context;
  const quantizers = normQuantizers(encoder, model);
  return {
    embedding: (input) => importedEmbedding(context, encoder, input),
    norm: (path, input, rows) => importedNorm(context, quantizers, path, input, rows),
    activation: (reader, input, rows) => importedActivation(context, encoder, reader, input, rows),
    branch: (described, input, skip) => {
      const branch = branchOf(encoder, model, described);
      if (branch.kind === 'attention' && described.kind === 'attention') {
        return importedAttention(context, branch, described, input, skip);
      }
      if (branch.kind === 'feedForward' && described.kind === 'feedForward') {
        return importedFeedForward(context, branch, described, input, skip);
      }
      throw new Error(`${described.name} is no ${branch.kind}`);
    },
    head: (input) => importedHead(context, encoder, input),
  };
}

function branchOf(encoder: Encoder, model: Model, described: Branch) {
  const branch = encoder.branches[model.branches.indexOf(described)];
  if (!branch) throw new Error(`the file has no branch ${described.name}`);
  return branch;
}

/** Whether anything of the encoder is in integers, weights or data. */
export function isQuantized({ heads, branches, embedding, output }: Encoder): boolean {
  const linears = branches.flatMap((branch) =>
    branch.kind === 'attention'
      ? [branch.query, branch.key, branch.value, branch.output]
      : branch.layers.map(({ linear }) => linear),
  );
  const weights = [embedding, ...heads, ...linears].some(({ codes }) => codes !== null);
  return weights || [...operationsOf(output)].some(({ type }) => type === 'FakeQuant');
}

/** What to do about a quantization that cannot be kept. */
export const KEEP_HINT =
  'Quantize that tensor in another way, or give the float model, and let the design quantize it.';

/** Fewer bits are too few for a residual stream. */
const LEAST_STREAM_BITS = 8;

/** What of a quantized encoder has no integer form; null when all has. */
export function unsupportedQuantized(encoder: Encoder, model: Model): string | null {
  const signs = unsupportedSigns(encoder, model);
  if (signs) return signs;
  if (tensorQuantizer(encoder.embedding.pixels)?.offset) {
    return 'it rounds the codes of its image down or up, and not to the nearest';
  }
  if (model.norm !== 'post') return null;
  // What a post-norm gives is the residual stream as well, and here both are the same codes.
  const narrow = [...normQuantizers(encoder, model)].find(
    ([path, q]) => path !== 'norm' && q !== null && q.format.bits < LEAST_STREAM_BITS,
  );
  if (!narrow) return null;
  const [path, quantizer] = narrow;
  return `${path} gives ${quantizer?.format.bits} bits, and they would be those of its residual stream too`;
}
