import { type Diagnostic, throwIfAny } from '../diagnostics/index.ts';
import {
  formatName,
  type IntegerGraph,
  type IntegerNode,
  type NumberFormat,
  storageBits,
  type TensorType,
} from '../ir/index.ts';
import { checkScores, checkWeightedValues } from './attention.ts';
import { checkGraphInput } from './graph-input.ts';
import { checkLayerNorm } from './layer-norm.ts';
import { MAX_FORMAT_BITS, MAX_SHIFT, MIN_FORMAT_BITS } from './limits.ts';
import { checkLinear } from './linear.ts';
import { checkMeanPool } from './mean-pool.ts';
import type { FindTensor } from './node-check.ts';
import { checkPatchEmbedding } from './patch-embedding.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { checkSoftmax } from './softmax.ts';
import type { NodeWidths } from './widths.ts';

/** A graph whose arithmetic is proven: no intermediate leaves the width stated for it. */
export interface CheckedGraph {
  readonly graph: IntegerGraph;
  /** Of every node, by the name of its output. */
  readonly widths: ReadonlyMap<string, NodeWidths>;
}

/**
 * Checks an integer graph and proves the width of every intermediate.
 *
 * Throws `DiagnosticsError` with all faults at once: VT350 a tensor name used twice, VT351 unknown
 * or not yet made, VT352 shapes and lengths, VT353 formats, VT354 multipliers, VT355 shifts, VT356
 * lengths of tables, VT357 their entries, VT358 other constants, VT359 accumulators, VT360
 * intermediates that a double does not hold exactly, VT361 a graph without a result, VT362 steps
 * per token of a tensor that cannot have them, or before a node that does not take them.
 */
export function check(graph: IntegerGraph): CheckedGraph {
  const diagnostics: Diagnostic[] = [];
  /** Tensors made so far; null for one whose own type is faulty, so that its readers say no more. */
  const known = new Map<string, TensorType | null>();
  const widths = new Map<string, NodeWidths>();
  const { tensor } = graph.input;
  const inputReport = createReporter(tensor.name, undefined, diagnostics);
  known.set(tensor.name, checkTensor(tensor, inputReport) ? tensor : null);
  checkGraphInput(graph.input, inputReport);
  for (const node of graph.nodes) {
    const { output } = node;
    const report = createReporter(output.name, node.place, diagnostics);
    const find: FindTensor = (name, takes) => {
      const found = known.get(name);
      if (found === undefined) report.fault('VT351', `reads ${name}, which no earlier node makes.`);
      if (!found?.rowExponent || takes === 'rowSteps') return found ?? null;
      report.fault('VT362', `reads ${name}, whose rows have steps of their own.`, ROW_STEPS_TAKEN);
      return null;
    };
    const typeIsLegal = checkTensor(output, report);
    const weightIsLegal =
      !('weightFormat' in node && node.weightFormat) ||
      checkFormat('the weight', node.weightFormat, report);
    const proven = typeIsLegal && weightIsLegal ? checkNode(node, find, report) : null;
    if (proven) widths.set(output.name, proven);
    if (output.rowExponent && node.kind !== 'layerNorm') {
      const sentence = 'the rows have steps of their own.';
      report.fault('VT362', sentence, 'Only outputs of LayerNorm can have steps per token.');
    }
    if (known.has(output.name)) report.fault('VT350', 'the name is that of an earlier tensor.');
    known.set(output.name, typeIsLegal ? output : null);
  }
  checkRowSteps(graph, diagnostics);
  checkResult(graph, diagnostics);
  throwIfAny(diagnostics);
  return { graph, widths };
}

function checkNode(node: IntegerNode, find: FindTensor, report: Reporter): NodeWidths | null {
  switch (node.kind) {
    case 'patchEmbedding':
      return checkPatchEmbedding(node, find, report);
    case 'layerNorm':
      return checkLayerNorm(node, find, report);
    case 'linear':
      return checkLinear(node, find, report);
    case 'scores':
      return checkScores(node, find, report);
    case 'softmax':
      return checkSoftmax(node, find, report);
    case 'weightedValues':
      return checkWeightedValues(node, find, report);
    case 'meanPool':
      return checkMeanPool(node, find, report);
  }
}

const ROW_STEPS_TAKEN =
  'Legal readers are linear nodes that do not join rows: query, key, value, feed-forward, head.';

function checkTensor(tensor: TensorType, report: Reporter): boolean {
  const format = checkFormat('the tensor', tensor.format, report);
  const bad = tensor.shape.find((n) => !Number.isInteger(n) || n < 1);
  if (bad !== undefined) {
    report.fault('VT352', `an axis has the size ${bad}.`, 'Positive integers are legal.');
  }
  return format && bad === undefined;
}

function checkFormat(what: string, format: NumberFormat, report: Reporter): boolean {
  const bits = storageBits(format);
  if (Number.isInteger(bits) && bits >= MIN_FORMAT_BITS && bits <= MAX_FORMAT_BITS) return true;
  const hint = `${MIN_FORMAT_BITS} .. ${MAX_FORMAT_BITS} bits are legal.`;
  report.fault('VT353', `${what} is ${formatName(format)}.`, hint);
  return false;
}

/**
 * One unit gives all LayerNorms their steps: those that have one of the tensor alone go through it
 * too, with as many fraction bits.
 */
function checkRowSteps({ nodes }: IntegerGraph, diagnostics: Diagnostic[]): void {
  const norms = nodes.flatMap((node) => (node.kind === 'layerNorm' ? [node] : []));
  const [first] = norms.filter(({ output }) => output.rowExponent);
  const largest = first?.output.rowExponent ?? 0;
  if (!first || largest === 0) return;
  for (const { output, shift, place } of norms) {
    const report = createReporter(output.name, place, diagnostics);
    const other = output.rowExponent || largest;
    if (other !== largest) {
      const sentence = `the largest exponent of a row is ${other}, and ${largest} in ${first.output.name}.`;
      report.fault('VT362', sentence, 'Legal is one for all, or none.');
    } else if (!output.rowExponent) {
      report.within('shift', [shift], { low: largest + 1, high: MAX_SHIFT }, 'VT355');
    }
  }
}

function checkResult(graph: IntegerGraph, diagnostics: Diagnostic[]): void {
  const last = graph.nodes.at(-1);
  if (!last) {
    diagnostics.push({ code: 'VT361', message: `The graph ${graph.name} has no node.` });
  } else if (last.output.shape.length !== 2 || last.output.shape[0] !== 1) {
    createReporter(last.output.name, last.place, diagnostics).fault(
      'VT361',
      `the result has the shape [${last.output.shape.join(', ')}].`,
      'One row of classes is legal.',
    );
  }
}
