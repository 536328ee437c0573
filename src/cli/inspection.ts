import { IMAGE_NET, type Inspection, isQuantized } from '../import/index.ts';
import { innerWidth, type Model, tokenCount } from '../model/index.ts';
import { thousands } from './text.ts';

type Row = readonly [label: string, value: string];

/** What `check` and `import` print of a model. */
export function inspectionSummary(inspection: Inspection): {
  readonly summary: readonly Row[];
  readonly figures: Readonly<Record<string, unknown>>;
} {
  const { model, parameters, operators, opset, unused } = inspection;
  const { height, width, channels } = model.image;
  const count = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  const nodes = Object.values(operators).reduce((a, b) => a + b, 0);
  const quantized = isQuantized(inspection.encoder)
    ? 'in the file; write quant.onnx()'
    : 'no; the design says how';
  const { place: _place, name: _name, branches, ...rest } = model;
  return {
    summary: [
      ['operator set', `${opset}`],
      ['image', `${height} x ${width}, ${channels} channels, patches of ${model.patch}`],
      ['pixels', describePixels(inspection)],
      ['tokens', `${tokenCount(model)} of ${model.width} channels`],
      ['branches', describeBranches(model)],
      ['norms', describeNorms(model)],
      ['pooling', `${model.pooling}, last LayerNorm: ${model.finalNorm ?? 'pooled'}`],
      ['classes', `${model.classes}`],
      ['parameters', thousands(count)],
      ['quantized', quantized],
      [
        'nodes',
        `${nodes}, all supported${unused > 0 ? `; ${unused} more lead nowhere` : ''}: ${operatorList(operators)}`,
      ],
    ],
    figures: {
      ...rest,
      branches,
      opset,
      operators,
      unused,
      parameters: count,
      quantized: isQuantized(inspection.encoder),
    },
  };
}

/** `of 0 .. 1, less 0.485, 0.456, 0.406, by 0.229, 0.224, 0.225` */
function describePixels({ model, encoder }: Inspection): string {
  const { mean, std } = model.image;
  const own = mean.every((m) => m === 0) && std.every((s) => s === 1);
  const bytes = mean.every((m) => m === 0) && std.every((s) => s === 1 / 255);
  if (encoder.embedding.normalized && (own || bytes)) {
    return `of 0 .. ${own ? '1' : '255'}; the file normalizes them`;
  }
  if (own) return 'of 0 .. 1';
  const assumed = `${mean}` === `${IMAGE_NET.mean}` && `${std}` === `${IMAGE_NET.std}`;
  const text = `of 0 .. 1, less ${mean.join(', ')}, by ${std.join(', ')}`;
  return assumed ? `${text}: ImageNet's, which import --mean and --std change` : text;
}

function describeNorms({ norm, embeddingNorm }: Model): string {
  const order = norm === 'post' ? 'behind the sums' : 'before the branches';
  return embeddingNorm ? `behind the embedding and ${order}` : order;
}

function operatorList(operators: Inspection['operators']): string {
  return Object.entries(operators)
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .map(([type, n]) => `${n} ${type}`)
    .join(', ');
}

/** `12 attentions of 3 heads, 12 of linear layers of 768 gelu, 192` */
function describeBranches(model: Model): string {
  const kinds = new Map<string, number>();
  for (const branch of model.branches) {
    const kind =
      branch.kind === 'attention'
        ? `attention of ${branch.heads} heads of ${innerWidth(branch, model) / branch.heads}`
        : `linear ${branch.layers.map(({ width, activation }) => (activation === 'none' ? width : `${width} ${activation}`)).join(', ')}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, n]) => `${n} x ${kind}`).join('; ');
}
