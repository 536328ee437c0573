import {
  type IntegerGraph,
  type IntegerNode,
  type LinearNode,
  type ScoresNode,
  tensorType,
  type WeightedValuesNode,
} from '../../src/ir/index.ts';
import type { EngineShape, MatmulOperation, Plan, Program } from '../../src/plan/index.ts';

/** Which element of which tensor a place in a memory holds. */
const tag = (tensor: string, row: number, column: number, head: number | null = null) =>
  `${tensor}${head === null ? '' : `#${head}`}[${row},${column}]`;

type MemoryName = 'input' | 'activations' | 'keys' | 'probabilities' | 'scores' | 'residual';

/** Memories of tags instead of codes. Reads are checked, writes must stay inside. */
interface Memories {
  write(memory: string, element: number, what: string): void;
  expect(memory: string, element: number, what: string): void;
  readonly faults: string[];
}

function memories(plan: Plan): Memories {
  const { program, shape } = plan;
  const sizes: Record<string, number> = {};
  for (const [name, words] of Object.entries(program.depths)) {
    sizes[name] = words * elementsOfWord(name as MemoryName, shape);
  }
  const cells = new Map<string, string>();
  const faults: string[] = [];
  const inside = (memory: string, element: number, what: string) => {
    if (element >= 0 && element < (sizes[memory] ?? 0)) return true;
    faults.push(`${memory} has no element ${element} for ${what}`);
    return false;
  };
  return {
    faults,
    write: (memory, element, what) => {
      if (inside(memory, element, what)) cells.set(`${memory} ${element}`, what);
    },
    expect: (memory, element, what) => {
      const found = cells.get(`${memory} ${element}`);
      if (inside(memory, element, what) && found !== what) {
        faults.push(`${memory} ${element} holds ${found ?? 'nothing'}, wanted is ${what}`);
      }
    },
  };
}

/** Elements of a word, by memory. */
export function elementsOfWord(memory: string, { inputs, outputs }: EngineShape): number {
  if (memory === 'activations' || memory === 'keys') return Math.max(inputs, outputs);
  if (memory === 'input' || memory === 'probabilities' || memory === 'weights') return inputs;
  return outputs;
}

/**
 * Runs one frame of a plan's program, operation after operation, on memories that hold names
 * instead of numbers. Gives every place where an operation reads something else than its operands,
 * or leaves a memory: what a buffer in the wrong place, or reused too early, would cause.
 */
export function runProgram(plan: Plan): string[] {
  const { program, shape } = plan;
  const { graph } = plan.checked;
  const memory = memories(plan);
  const [patches = 0, patchSize = 0] = graph.input.tensor.shape;
  const wordsPerPatch = Math.ceil(patchSize / shape.inputs);
  const at = (name: string, word: number, lane: number) =>
    (word + Math.floor(lane / elementsOfWord(name, shape))) * elementsOfWord(name, shape) +
    (lane % elementsOfWord(name, shape));

  for (const { unit, operation } of program.instructions) {
    if (unit === 'input') {
      // The second input is that of the next frame, which looks the same.
      for (let p = 0; p < patches; p++) {
        for (let k = 0; k < patchSize; k++) {
          memory.write('input', at('input', p * wordsPerPatch, k), tag('input', p, k));
        }
      }
    } else if (unit === 'layerNorm') {
      const op = program.layerNorms[operation] as Program['layerNorms'][number];
      const node = nodeOf(graph, op.tap.tensor);
      const [, channels = 0] = node.output.shape;
      const inputStride = Math.ceil(channels / shape.outputs);
      const outputStride = Math.ceil(channels / elementsOfWord('activations', shape));
      for (let r = 0; r < op.rows; r++) {
        for (let c = 0; c < channels; c++) {
          const source = at('residual', op.xBase + r * inputStride, c);
          memory.expect('residual', source, tag(inputOf(node), r, c));
          const what = tag(op.tap.tensor, r, c);
          memory.write('activations', at('activations', op.outBase + r * outputStride, c), what);
          if (op.keyBase === null) continue;
          memory.write('keys', at('keys', op.keyBase + r * outputStride, c), what);
        }
      }
    } else if (unit === 'softmax') {
      const op = program.softmaxes[operation] as Program['softmaxes'][number];
      const node = nodeOf(graph, op.tap.tensor);
      const columns = node.output.shape[2] ?? 0;
      const [inputStride, outputStride] = [shape.outputs, shape.inputs].map((lanes) =>
        Math.ceil(columns / lanes),
      ) as [number, number];
      for (let r = 0; r < op.rows; r++) {
        for (let c = 0; c < columns; c++) {
          const source = at('scores', op.xBase + r * inputStride, c);
          memory.expect('scores', source, tag(inputOf(node), r, c, op.tap.head));
          const to = at('probabilities', op.outBase + r * outputStride, c);
          memory.write('probabilities', to, tag(op.tap.tensor, r, c, op.tap.head));
        }
      }
    } else if (unit === 'meanPool') {
      const op = program.meanPools[operation] as Program['meanPools'][number];
      const node = nodeOf(graph, op.tap.tensor);
      const [, channels = 0] = node.output.shape;
      for (let c = 0; c < channels; c++) {
        for (let r = 0; r < op.rows; r++) {
          const source = at('residual', op.xBase + r * op.xStride, c);
          memory.expect('residual', source, tag(inputOf(node), r, c));
        }
        memory.write('residual', at('residual', op.outBase, c), tag(op.tap.tensor, 0, c));
      }
    } else if (unit === 'matmul') {
      multiply(graph, program.matmuls[operation] as MatmulOperation, shape, memory, at);
    }
  }
  return memory.faults;
}

type ElementAt = (memory: string, word: number, lane: number) => number;

function multiply(
  graph: IntegerGraph,
  op: MatmulOperation,
  shape: EngineShape,
  memory: Memories,
  at: ElementAt,
): void {
  const operands = operandsOf(graph, op);
  const { a, b, out, skip } = op;
  for (let k = 0; k < op.reduction; k++) {
    for (let r = op.lead; r < op.rows && a.source !== 'weights'; r++) {
      const what = operands.streamed(r - op.lead, k);
      if (what === null) continue;
      memory.expect(a.source, at(a.source, a.base + (r - op.lead) * a.stride, k), what);
    }
    for (let n = 0; n < op.columns && b.source !== 'weights'; n++) {
      const what = operands.stationary(n, k);
      memory.expect(b.source, at(b.source, b.base + n * b.stride, k), what);
    }
  }
  const { columnOffset, head, tensor, transposed } = op.tap;
  for (let r = 0; r < op.rows; r++) {
    if (skip?.source === 'residual') {
      for (let n = 0; n < op.columns; n++) {
        const source = at('residual', skip.base + r * skip.stride, n);
        memory.expect('residual', source, tag(operands.residual, r, n));
      }
    }
    // Whole tiles are written, padding included.
    const padded = Math.ceil(op.columns / shape.outputs) * shape.outputs;
    for (let n = 0; n < padded; n++) {
      const lane = out.part * shape.outputs + n;
      const [row, column] = transposed ? [n, columnOffset + r] : [r, columnOffset + n];
      const what = n < op.columns ? tag(tensor, row, column, head) : 'padding';
      memory.write(out.destination, at(out.destination, out.base + r * out.stride, lane), what);
    }
  }
}

interface Operands {
  /** Element `[row, k]` of the streamed operand; null where its value does not matter. */
  readonly streamed: (row: number, k: number) => string | null;
  readonly stationary: (row: number, k: number) => string;
  readonly residual: string;
}

function operandsOf(graph: IntegerGraph, op: MatmulOperation): Operands {
  const node = nodeOf(graph, op.tap.tensor);
  const head = headOf(op);
  const stationary = (row: number, k: number) => tag(inputOf(node), row, k);
  switch (node.kind) {
    case 'patchEmbedding':
      return { streamed: (r, k) => tag(node.input, r, k), stationary, residual: '' };
    case 'scores': {
      const width = widthOf(graph, node.query) / node.heads;
      return {
        streamed: (r, k) => tag(node.query, r, head * width + k),
        stationary: (r, k) => tag(node.key, r, head * width + k),
        residual: '',
      };
    }
    case 'weightedValues': {
      const width = widthOf(graph, node.value) / node.heads;
      return {
        streamed: (r, k) => tag(node.probability, r, k, head),
        stationary: (r, k) => tag(node.value, k, head * width + r),
        residual: '',
      };
    }
    case 'linear': {
      const residual = node.epilogue.residual?.input ?? '';
      return { streamed: (r, k) => plainOrHeads(graph, node, op, r, k), stationary, residual };
    }
    default:
      throw new Error(`${op.name} is no product`);
  }
}

/** Heads lie apart in the concatenated values: between them is padding, whose weights are zero. */
function plainOrHeads(
  graph: IntegerGraph,
  node: LinearNode,
  op: MatmulOperation,
  row: number,
  k: number,
): string | null {
  const source = graph.nodes.find((n) => n.output.name === node.input);
  if (source?.kind !== 'weightedValues') return tag(node.input, row, k);
  const pitch = op.reduction / source.heads;
  const width = widthOf(graph, node.input) / source.heads;
  const channel = k % pitch;
  return channel < width ? tag(node.input, row, Math.floor(k / pitch) * width + channel) : null;
}

/** `.head3` at the end of an operation's name. */
function headOf(op: MatmulOperation): number {
  return Number(/\.head(\d+)$/.exec(op.name)?.[1] ?? 0);
}

function nodeOf(graph: IntegerGraph, name: string): IntegerNode {
  const node = graph.nodes.find((n) => n.output.name === name);
  if (!node) throw new Error(`no node makes ${name}`);
  return node;
}

function inputOf(node: Exclude<IntegerNode, ScoresNode | WeightedValuesNode> | IntegerNode) {
  if ('input' in node) return node.input;
  throw new Error(`${node.output.name} has no single input`);
}

function widthOf(graph: IntegerGraph, name: string): number {
  return tensorType(graph, name).shape[1] ?? 0;
}
