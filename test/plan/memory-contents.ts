import type { Access, Subject } from './access.ts';
import { type Names, nodeOf, OFFSETS, PADDING, parametersOf, weightOf } from './names.ts';

/** The contents of the memories that nothing writes, as accesses that happen before all others. */
export function* constants({ graph, program, shape }: Subject, names: Names): Generator<Access> {
  const { tokens: TP, inputs: TI, outputs: TO } = shape;
  const start = { cycle: -1, port: 'contents', write: true } as const;
  for (const { tensor, base, groups, reduction, heads, streamed } of program.weights) {
    const node = nodeOf(graph, tensor);
    if (!('weight' in node)) throw new Error(`${tensor} has no weight`);
    const columns = node.weight.length / (groups.count * groups.width);
    const element = (k: number): number => {
      if (!heads) return k < columns ? k : PADDING;
      const [head, channel] = [Math.floor(k / heads.pitch), k % heads.pitch];
      if (head >= heads.count || channel >= heads.width) return PADDING;
      return head * heads.width + channel;
    };
    let word = base;
    for (let group = 0; group < groups.count; group++) {
      for (let tile = 0; tile < Math.ceil(groups.width / TO); tile++) {
        for (let k = 0; k < Math.ceil(reduction / TI); k++) {
          for (let row = tile * TO; row < (tile + 1) * TO; row++, word++) {
            const [lanes, values]: [number[], number[]] = [[], []];
            for (let i = 0; i < TI; i++) {
              const column = element(k * TI + i);
              lanes.push(i);
              values.push(
                row < groups.width && column !== PADDING
                  ? names.of(weightOf(tensor), group * groups.width + row, column)
                  : PADDING,
              );
            }
            yield { ...start, memory: streamed ? 'weightStream' : 'weights', word, lanes, values };
          }
        }
      }
    }
  }
  for (const { tensor, base, first, channels } of program.parameters) {
    const perChannel = ['linear', 'patchEmbedding'].includes(nodeOf(graph, tensor).kind);
    for (let i = 0; i < channels; i++) {
      const value = names.of(parametersOf(tensor), 0, perChannel ? first + i : 0);
      yield { ...start, memory: 'parameters', word: base + i, lanes: [0], values: [value] };
    }
  }
  const [tokens = 0, channels = 0] = graph.nodes[0]?.output.shape ?? [];
  const stride = Math.ceil(channels / TO);
  for (let t = 0; t < tokens; t++) {
    for (let c = 0; c < channels; c++) {
      yield {
        ...start,
        memory: 'offset',
        word: Math.floor(t / TP) * stride + Math.floor(c / TO),
        lanes: [(t % TP) * TO + (c % TO)],
        values: [names.of(OFFSETS, t, c)],
      };
    }
  }
}
