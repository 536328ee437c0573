/**
 * Turns the published arrays of the checkpoint into a manifest (docs/manifest.md), its tensors and
 * sample images:
 *
 *     npx tsx examples/deit-tiny-w3a3/convert.ts FOLDER [OUT]
 *
 * FOLDER holds weights.npz, golden.npz and images.npz; OUT is `converted` beside this file.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IntegerArray } from '../../src/arrays/index.ts';
import { writeNpz } from '../../src/arrays/index.ts';
import { openFolder, type Source } from './source.ts';

const TENSORS = 'tensors.npz';
const BLOCKS = 12;
const HEADS = 3;
const [TOKENS, PATCH, WIDTH, HIDDEN, CLASSES] = [196, 16, 192, 768, 1000];

/**
 * The authors let the residual stream grow as it will, in 32 bits. Their image and the 17
 * photographs reach -5791 .. 5353; `compare.ts` prints the range and shows any value that saturates.
 * With 14 bits, a deviation times its reciprocal root has 27, the wide operand of a DSP48E2.
 */
const STREAM = 'int14';
/** Sums of a branch before the skip connection: 768 products of int3 and uint3 and a bias. */
const BRANCH = { low: -32768, high: 32767 };

/** A node of the manifest. */
interface Node {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** A manifest under construction. */
interface Build {
  readonly source: Source;
  readonly tensors: Map<string, IntegerArray>;
  readonly nodes: Node[];
}

function main(folder: string, out: string): void {
  const source = openFolder(folder);
  const build: Build = { source, tensors: new Map(), nodes: [] };
  let stream = patchEmbedding(build);
  for (let i = 0; i < BLOCKS; i++) {
    stream = attention(build, i, stream);
    stream = mlp(build, i, stream);
  }
  head(build, stream);
  const manifest = {
    format: 'vitrum-manifest',
    version: 1,
    description: 'DeiT-tiny with 3-bit weights and activations, as published with HG-PIPE (2024)',
    input: {
      format: 'int8',
      // A code is round(x * 127 / peak) for the largest normalized pixel, which the blue channel has.
      scale: (1 - 0.406) / 0.225 / 127,
      image: { height: 224, width: 224, channels: 3 },
      patch: PATCH,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
    nodes: build.nodes,
  };
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, TENSORS), writeNpz(build.tensors));
  writeFileSync(join(out, 'samples.npz'), writeNpz(samples(source)));
  writeFileSync(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${build.nodes.length} nodes and ${build.tensors.size} tensors in ${out}`);
}

/** `(x W' + bias[token] + 2^(s-1)) >> s`, and in row 0 the class token instead of a patch. */
function patchEmbedding(build: Build): string {
  const { source } = build;
  const [shift = 0] = source.scalars('patch_embed_scalars', 1);
  const offset = Int32Array.from(source.array('patch_embed_matmul_bias').data);
  offset.set(Int32Array.from(source.array('patch_embed_cls').data));
  return add(build, {
    kind: 'patchEmbedding',
    name: 'embedding',
    format: STREAM,
    input: 'input',
    path: 'patchEmbedding.weight',
    channels: WIDTH,
    weight: weight(build, 'patchEmbedding.weight', 'patch_embed_matmul_weight', WIDTH, 768),
    weightFormat: 'int8',
    shift,
    offset: put(build, 'patchEmbedding.offset', { shape: [TOKENS, WIDTH], data: offset }),
    offsetTo: 'accumulator',
    leading: 1,
    leadingRows: 'replace',
  });
}

function attention(build: Build, i: number, stream: string): string {
  const [from, name] = [`attn_${i}`, `block${i}.attention`];
  const norm = layerNorm(build, `${from}_lnq`, `${name}.norm`, stream, 'int3');
  const project = (part: string, letter: string) =>
    linear(build, `${name}.${part}`, norm, {
      ...product(build, `${from}_gen_${letter}_matmul`, `${name}.${part}`, [WIDTH, WIDTH]),
      ...tableRequantization(build, `${from}_${letter}_q`, `${name}.${part}`),
      format: 'int3',
    });
  const [query, key, value] = [project('query', 'q'), project('key', 'k'), project('value', 'v')];
  const scores = add(build, {
    kind: 'scores',
    name: `${name}.scores`,
    // 64 products of int3 and int3 reach 1024, one more than int11 holds.
    format: 'int12',
    query,
    key,
    heads: HEADS,
  });
  const probabilities = softmax(build, `${from}_softmaxq`, `${name}.probabilities`, scores);
  const weighted = add(build, {
    kind: 'weightedValues',
    name: `${name}.weighted`,
    format: 'int3',
    probability: probabilities,
    value,
    heads: HEADS,
    ...tableRequantization(build, `${from}_a_q`, `${name}.weighted`),
  });
  return linear(build, name, weighted, {
    path: `${name}.output.weight`,
    ...product(build, `${from}_gen_o_matmul`, `${name}.output`, [WIDTH, WIDTH]),
    ...residual(build, from, stream),
    format: STREAM,
  });
}

function mlp(build: Build, i: number, stream: string): string {
  const [from, name] = [`mlp_${i}`, `block${i}.mlp`];
  const norm = layerNorm(build, `${from}_lnq`, `${name}.norm`, stream, 'int3');
  const hidden = linear(build, `${name}.linear0`, norm, {
    ...product(build, `${from}_matmul1`, `${name}.linear0`, [HIDDEN, WIDTH]),
    ...tableRequantization(build, `${from}_geluq`, `${name}.linear0`),
    format: 'uint3',
  });
  return linear(build, name, hidden, {
    path: `${name}.linear1.weight`,
    ...product(build, `${from}_matmul2`, `${name}.linear1`, [WIDTH, HIDDEN]),
    ...residual(build, from, stream),
    format: STREAM,
  });
}

function head(build: Build, stream: string): void {
  const norm = layerNorm(build, 'head_lnq', 'norm', stream, 'int8', 1);
  linear(build, 'logits', norm, {
    path: 'head.weight',
    ...product(build, 'head_matmul', 'head', [CLASSES, WIDTH], 'int8'),
    // 192 products of int8 and int8 and a bias: 23 bits hold every logit.
    format: 'int23',
  });
}

/** Weight and bias of a matrix product. */
function product(
  build: Build,
  from: string,
  path: string,
  [outputs, inputs]: readonly [number, number],
  weightFormat = 'int3',
) {
  const bias = `${path}.bias`;
  return {
    outputs,
    weight: weight(build, `${path}.weight`, `${from}_weight`, outputs, inputs),
    weightFormat,
    bias: put(build, bias, build.source.array(`${from}_bias`, [outputs])),
  };
}

/**
 * `table[clip((x + b) >> s, 0, bound)]`. The graph's shift rounds half up, so its bias is smaller
 * by the rounding constant; where there is a bias per channel already, `b` is added to that.
 */
function tableRequantization({ source, tensors }: Build, from: string, path: string) {
  const [b = 0, shift = 0, bound = 0] = source.scalars(`${from}_scalars`, 3);
  const constant = b - (shift === 0 ? 0 : 2 ** (shift - 1));
  const bias = tensors.get(`${path}.bias`);
  if (bias) {
    const data = Int32Array.from(bias.data, (x) => x + constant);
    tensors.set(`${path}.bias`, { shape: bias.shape, data });
  }
  const table = [...source.array(`${from}_table_m`, [bound + 1]).data];
  return { ...(bias ? {} : { bias: constant }), shift, low: 0, high: bound, table };
}

/** `branch + ((x * m + 2^(s-1)) >> s)` */
function residual({ source }: Build, from: string, input: string) {
  const [multiplier = 0, shift = 0] = source.scalars(`${from}_scalars`, 2);
  return { ...BRANCH, residual: { input, multiplier, shift } };
}

function layerNorm(
  build: Build,
  from: string,
  name: string,
  input: string,
  format: string,
  rows?: number,
): string {
  const { source } = build;
  const scalars = source.scalars(`${from}_scalars`, 7);
  const [meanMultiplier, meanShift, varianceBias, varianceShift, bound = 0, shift, bits] = scalars;
  if (format !== `int${bits}`) throw new Error(`${from} gives ${bits} bits, not ${format}`);
  return add(build, {
    kind: 'layerNorm',
    ...{ name, format, input, rows },
    ...{ meanMultiplier, meanShift, varianceBias, varianceShift },
    table: [...source.array(`${from}_rsqrt_table_m`, [bound + 1]).data],
    weight: put(build, `${name}.weight`, source.array(`${from}_lnw_m`, [WIDTH])),
    weightFormat: 'int17',
    bias: put(build, `${name}.bias`, source.array(`${from}_lnb_m`, [WIDTH])),
    shift,
  });
}

function softmax(build: Build, from: string, name: string, input: string): string {
  const { source } = build;
  const s = source.scalars(`${from}_scalars`, 14);
  const [expBias, expShift, expBound = 0, bits] = [s[0], s[1], s[2], s[13]];
  const part = (which: string, first: number, second: number) => ({
    indexBias: s[first],
    indexShift: s[first + 1],
    table: [
      ...source.array(`${from}_recip_scaled_table_m_${which}`, [(s[first + 2] ?? 0) + 1]).data,
    ],
    bias: s[second],
    shift: s[second + 1],
  });
  return add(build, {
    kind: 'softmax',
    ...{ name, format: `uint${bits}`, input, expBias, expShift },
    expTable: [...source.array(`${from}_exp_opp_table_m`, [expBound + 1]).data],
    one: part('one', 3, 6),
    two: part('two', 8, 11),
  });
}

function linear(build: Build, name: string, input: string, fields: object): string {
  return add(build, { kind: 'linear', name, input, ...fields });
}

function add({ nodes }: Build, node: Node): string {
  nodes.push(node);
  return node.name;
}

function weight(build: Build, path: string, from: string, outputs: number, inputs: number) {
  return put(build, path, build.source.array(from, [outputs, inputs]));
}

/** Keeps a tensor and gives the manifest's reference to it. */
function put({ tensors }: Build, path: string, array: IntegerArray): string {
  tensors.set(path, array);
  return `${TENSORS}#${path}`;
}

/** The authors' own image, of which only the tokens are known, and the 17 photographs. */
function samples(source: Source): ReadonlyMap<string, IntegerArray> {
  const golden = source.golden('patch_embed_input');
  return new Map([
    ['golden_codes', golden],
    ['golden_label', { shape: [1], data: Int32Array.of(0) }],
    ['rgb', source.images('rgb')],
    ['label', source.images('label')],
  ]);
}

const [folder, out] = process.argv.slice(2);
if (!folder) {
  console.error('usage: npx tsx examples/deit-tiny-w3a3/convert.ts FOLDER [OUT]');
  process.exit(2);
}
main(folder, resolve(out ?? fileURLToPath(new URL('converted', import.meta.url))));
