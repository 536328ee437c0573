import { dirname, resolve } from 'node:path';
import type { Place } from '../../diagnostics/index.ts';
import type { ManifestSource } from '../../dsl/design.ts';
import type { GraphInput, IntegerGraph, IntegerNode } from '../../ir/index.ts';
import { buildNode, type NodeContext, pathOf } from './nodes.ts';
import { type ManifestReporter, readManifestFile } from './read.ts';
import type { ManifestFile } from './schema.ts';
import { createTensorReader } from './tensors.ts';

/**
 * The integer graph that a manifest describes (docs/manifest.md), with the place of every node in
 * the manifest. What its numbers mean is for the check stage. Throws `DiagnosticsError` with all
 * faults of the form (VT201, VT209, VT231, VT232), or then with all of tensors and of names
 * (VT232 to VT237).
 *
 * @param name of the design, which the graph takes
 * @param folder folder of the design
 * @param place where the design names the manifest
 */
export function importManifest(
  { file, whenMissing }: ManifestSource,
  name: string,
  folder: string,
  place?: Place,
): IntegerGraph {
  const path = resolve(folder, file);
  const { manifest, report } = readManifestFile(path, folder, whenMissing, place);
  const tensors = createTensorReader(dirname(path), report);
  const input = graphInput(manifest.input, report);
  /** Shapes of the tensors made so far; null where a fault left none. */
  const shapes = new Map<string, Shape | null>([[input.tensor.name, input.tensor.shape]]);
  const shapeOf: NodeContext['shapeOf'] = (tensor, rank, at) => {
    const shape = shapes.get(tensor);
    if (shape === undefined) {
      report.add(
        'VT237',
        at,
        `no earlier node makes '${tensor}'.`,
        'Nodes stand in the order in which they run.',
      );
    } else if (shape && shape.length !== rank) {
      report.add('VT237', at, `'${tensor}' has ${shape.length} axes, not ${rank}.`);
      return null;
    }
    return shape ?? null;
  };
  const nodes: IntegerNode[] = [];
  const paths = new Set<string>();
  manifest.nodes.forEach((node, i) => {
    const at = ['nodes', i];
    const context = { tensors, shapeOf, declare: (shape: Shape) => shapes.set(node.name, shape) };
    shapes.set(node.name, null);
    const built = buildNode(node, at, context);
    if (built) nodes.push({ ...built, place: report.place(at) });
    if (!('path' in node) && !('weight' in node)) return;
    const own = pathOf(node);
    if (paths.has(own)) report.add('VT232', at, `an earlier node has the path '${own}' too.`);
    paths.add(own);
  });
  report.throwIfAny();
  return { name, input, nodes };
}

type Shape = readonly number[];

/** The first tensor: as many patches as tile the image. */
function graphInput(input: ManifestFile['input'], report: ManifestReporter): GraphInput {
  const { name, format, scale, image, patch, mean, std } = input;
  const rows = Math.floor(image.height / patch);
  const columns = Math.floor(image.width / patch);
  if (rows * patch !== image.height || columns * patch !== image.width) {
    const sentence = `patches of ${patch} do not tile an image of ${image.height} x ${image.width}.`;
    report.add('VT232', ['input', 'patch'], sentence);
  }
  const shape = [rows * columns, image.channels * patch * patch];
  return { tensor: { name, shape, format, scale }, image, patch, mean, std };
}
