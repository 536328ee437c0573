import { throwIfAny } from '../../diagnostics/index.ts';
import type { OnnxGraph, OnnxNode } from '../onnx/read.ts';
import type { Reporter } from '../reporter.ts';

/**
 * The nodes that the output needs, each after those that it reads. Throws `DiagnosticsError`
 * (VT210) for cycles and for names that nothing produces. Iterative, so that a long chain cannot
 * exhaust the stack.
 */
export function nodeOrder(graph: OnnxGraph, reporter: Reporter): OnnxNode[] {
  const producers = new Map<string, OnnxNode>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output) producers.set(output, node);
  }
  const given = (name: string) =>
    name === '' || name === graph.input.name || graph.initializers.has(name);
  const order: OnnxNode[] = [];
  const state = new Map<OnnxNode, 'open' | 'done'>();
  const missing = new Set<string>();
  const stack: OnnxNode[] = [];
  const enter = (name: string, reader: string) => {
    if (given(name)) return;
    const producer = producers.get(name);
    if (!producer) {
      if (!missing.has(name)) {
        reporter.add('VT210', `${reader} reads '${name}', which nothing produces.`);
      }
      missing.add(name);
    } else if (state.get(producer) === 'open') {
      reporter.fail(
        'VT210',
        `the node '${producer.name}' (${producer.type}) depends on its own result.`,
        'A graph without cycles is wanted.',
      );
    } else if (!state.has(producer)) stack.push(producer);
  };
  enter(graph.output, "the graph's output");
  while (stack.length > 0) {
    const node = stack[stack.length - 1] as OnnxNode;
    if (state.has(node)) {
      // Met again: all that it reads has been placed, or it was pushed twice.
      if (state.get(node) === 'open') order.push(node);
      state.set(node, 'done');
      stack.pop();
      continue;
    }
    state.set(node, 'open');
    // The last one pushed is visited first: in reverse, the order is that of the file.
    for (const input of [...node.inputs].reverse()) {
      enter(input, `the node '${node.name}' (${node.type})`);
    }
  }
  throwIfAny(reporter.faults);
  return order;
}
