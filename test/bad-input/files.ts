import { randomParameters } from '../../src/import/index.ts';
import { TIMM, vitGraph } from '../import/vit-graph.ts';
import { smallModel } from '../quantize/models.ts';

const MODEL = smallModel({ side: 8, width: 8, hidden: 16, classes: 3 });
const input = ['n', 1, 8, 8];

/** An ONNX file of the model that the cases describe. */
export function goodWeights(): Uint8Array {
  const { graph, output } = vitGraph(MODEL, randomParameters(MODEL, 1));
  return graph.bytes(output, { input });
}

/** The same with nodes that Vitrum does not know, or with a weight that is not a number. */
export function brokenWeights(fault: 'nodes' | 'nan'): Uint8Array {
  const parameters = new Map(randomParameters(MODEL, 1));
  if (fault === 'nan') {
    const { shape = [], data = new Float32Array() } = parameters.get('head.weight') ?? {};
    parameters.set('head.weight', { shape, data: data.map((v, i) => (i === 3 ? Number.NaN : v)) });
  }
  const { graph, output } = vitGraph(MODEL, parameters, TIMM);
  const last =
    fault === 'nodes' ? graph.node('NonMaxSuppression', [graph.node('LSTM', [output])]) : output;
  return graph.bytes(last, { input });
}
