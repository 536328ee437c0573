import { type CheckedGraph, check } from '../../check/index.ts';
import { DiagnosticsError } from '../../diagnostics/index.ts';
import type { WeightSource } from '../../dsl/design.ts';
import type { AnyDesign } from '../../dsl/load.ts';
import { loadImages } from '../../images/index.ts';
import { importManifest, importWeights, keepQuantization } from '../../import/index.ts';
import type { IntegerGraph } from '../../ir/index.ts';
import { parseGraph, serializeGraph } from '../../ir/serialize.ts';
import type { Model, Parameters } from '../../model/index.ts';
import { createObservations, type Observations, quantizeObserved } from '../../quantize/index.ts';
import { keyOf, type Store, sourcesOf } from '../../tools/store.ts';
import { quantOf } from '../plan-file/index.ts';
import { bitsName } from '../space.ts';
import type { PlanBits } from '../types.ts';
import { thinGraph } from './thin.ts';

/** A graph as planning reads it, and the bits that it has. */
export interface PreparedGraph {
  readonly bits: PlanBits | null;
  readonly checked: CheckedGraph;
}

/** Bits at which the model cannot be built, and why. */
export interface RefusedBits {
  readonly bits: PlanBits;
  readonly why: string;
}

export interface Prepared {
  readonly graphs: readonly PreparedGraph[];
  readonly refused: readonly RefusedBits[];
  /** Why the first of those refused cannot be built. */
  readonly fault: DiagnosticsError | undefined;
}

/** Graphs of one design at any bits. */
export interface GraphSource {
  /**
   * @param candidates bits to quantize at; null for those of integers that are given
   * @param onGraph is told of every graph that is ready
   */
  prepare(candidates: readonly (PlanBits | null)[], onGraph?: (name: string) => void): Prepared;
  /** What the calibration images show of the float model; null for a design of integers. */
  readonly observations: (() => Observations) | null;
}

/**
 * The float model is imported and calibrated once, whatever is asked for and how often, and not at
 * all where the store has every graph. `prepare` throws `DiagnosticsError` where the design itself
 * has a fault.
 */
export function graphSource(design: AnyDesign, folder: string, store: Store): GraphSource {
  const { key, graph, observations } = madeFrom(design, folder);
  const prepare: GraphSource['prepare'] = (candidates, onGraph = () => {}) => {
    const graphs: PreparedGraph[] = [];
    const refused: RefusedBits[] = [];
    let fault: DiagnosticsError | undefined;
    for (const bits of candidates) {
      try {
        const own = keyOf('graph', key(), bits);
        const checked = readGraph(store.read(own)) ?? thinGraph(check(graph(bits)));
        store.write(own, writeGraph(checked));
        graphs.push({ bits, checked });
        onGraph(bitsName(bits));
      } catch (error) {
        if (!(error instanceof DiagnosticsError) || !bits) throw error;
        fault ??= error;
        refused.push({ bits, why: error.diagnostics[0]?.message ?? '' });
      }
    }
    return { graphs, refused, fault };
  };
  return Object.freeze({ prepare, observations });
}

/** The folders by which a graph is made. */
const GRAPH_SOURCES = [
  ...['quantize', 'check', 'import', 'ir', 'model', 'arithmetic', 'dsl'],
  ...['explore/graphs', 'explore/plan-file'],
];

interface MadeFrom extends Pick<GraphSource, 'observations'> {
  /** Tells apart what graphs are made from. */
  key(): string;
  graph(bits: PlanBits | null): IntegerGraph;
}

function madeFrom(design: AnyDesign, folder: string): MadeFrom {
  const { name, places } = design;
  const version = once(() => sourcesOf(...GRAPH_SOURCES));
  if (design.kind === 'integerDesign') {
    const graph = once(() => importManifest(design.manifest, name, folder, places.manifest));
    const key = once(() => keyOf(version(), serializeGraph(graph())));
    return { key, graph: () => graph(), observations: null };
  }
  const { model, weights, quant, calibration } = design;
  const imported = once(() =>
    importWeights(model, weights, folder, quant.fromFile === true, places.weights),
  );
  const images = once(() => loadImages(calibration, model, places.calibration, folder));
  const observed = once(() => createObservations(model, imported().parameters, images()));
  return {
    observations: observed,
    key: once(() =>
      keyOf(
        version(),
        named(model),
        quant,
        weightsKey(weights, () => imported().parameters),
        images(),
      ),
    ),
    graph(bits) {
      const { encoder, parameters } = imported();
      if (encoder) return keepQuantization(encoder, model, parameters, images(), quant);
      return quantizeObserved(observed(), bits ? quantOf(quant, bits) : quant).graph;
    },
  };
}

/** Random weights follow from their seed; those of a file are read. */
function weightsKey(source: WeightSource, parameters: () => Parameters): string {
  return source.kind === 'random' ? keyOf(source) : keyOf(parameters());
}

/** Without places, which say nothing about the model. */
function named({ place: _, branches, ...model }: Model) {
  return { ...model, branches: branches.map(({ place: __, ...branch }) => branch) };
}

interface StoredGraph {
  readonly graph: string;
  readonly widths: readonly (readonly [string, unknown])[];
}

function writeGraph({ graph, widths }: CheckedGraph): StoredGraph {
  return { graph: serializeGraph(graph), widths: [...widths] };
}

function readGraph(stored: unknown): CheckedGraph | undefined {
  if (!stored) return undefined;
  const { graph, widths } = stored as StoredGraph;
  return { graph: parseGraph(graph), widths: new Map(widths) as CheckedGraph['widths'] };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
