/** Blocks of which the authors published the inner tensors as well. */
const INNER = [0, 5, 11];
const BLOCKS = 12;

/** Tensors of the graph and the arrays of golden.npz that hold them. */
export function authorsTensors(): readonly (readonly [tensor: string, array: string])[] {
  const blocks = Array.from({ length: BLOCKS }, (_, i) => {
    const [attention, mlp] = [`block${i}.attention`, `block${i}.mlp`];
    const inner = [
      [`${attention}.norm`, `attn_${i}_lnq_output`],
      [`${attention}.query`, `attn_${i}_qq_output`],
      [`${attention}.key`, `attn_${i}_kq_output`],
      [`${attention}.value`, `attn_${i}_vq_output`],
      [`${attention}.scores`, `attn_${i}_softmaxq_input`],
      [`${attention}.probabilities`, `attn_${i}_softmaxq_output`],
      [`${mlp}.norm`, `mlp_${i}_lnq_output`],
      [`${mlp}.linear0`, `mlp_${i}_geluq_output`],
    ] as const;
    const outputs = [
      [attention, `attn_${i}_output`],
      [mlp, `mlp_${i}_output`],
    ] as const;
    return INNER.includes(i) ? [...inner, ...outputs] : outputs;
  });
  return [['embedding', 'patch_embed_output'], ...blocks.flat(), ['logits', 'head_output']];
}
