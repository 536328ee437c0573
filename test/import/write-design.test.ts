import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import { loadDesign } from '../../src/dsl/load.ts';
import { importWeights, inspectOnnx, randomParameters } from '../../src/import/index.ts';
import { designText, writeDesign } from '../../src/import/write-design.ts';
import { runFloatModel } from '../../src/quantize/index.ts';
import { smallModel } from '../quantize/models.ts';
import type { OnnxBuilder } from '../support/onnx-builder.ts';
import { fixtureFolder } from '../support/onnx-fixtures.ts';
import { TIMM, vitGraph } from './vit-graph.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Below the repository, so that the type checker finds `vitrum` as a user's project would.
const folder = mkdtempSync(join(root, 'test/import/_designs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = { board: 'zcu102', force: false };

function written(name: string): string {
  const file = join(folder, `${name}.onnx`);
  copyFileSync(join(fixtureFolder, `${name}.onnx`), file);
  const out = join(folder, `${name}.vit.ts`);
  writeDesign(inspectOnnx(file), file, { ...options, out });
  return out;
}

describe('the format of pixels', () => {
  const model = smallModel({ side: 8, width: 12, heads: 3, classes: 3, channels: 3 });
  /** What is found of a file that has arithmetic of its own for the image. */
  const found = (arithmetic: (graph: OnnxBuilder) => string) => {
    const { graph, output } = vitGraph(model, randomParameters(model, 2), TIMM, (place, x, own) =>
      place === 'image' ? arithmetic(own) : x,
    );
    const file = join(folder, 'pixels.onnx');
    writeFileSync(file, graph.bytes(output, { input: ['n', 3, 8, 8] }));
    const inspection = inspectOnnx(file);
    return { ...inspection, text: designText(inspection, './pixels.onnx', 'zcu102') };
  };
  const byChannel = (graph: OnnxBuilder, x: string) => {
    const [mean, std] = [
      graph.float([3, 1, 1], [0.5, 0.4, 0.3]),
      graph.float([3, 1, 1], [0.2, 0.3, 0.25]),
    ];
    return graph.node('Div', [graph.node('Sub', [x, mean]), std]);
  };

  it("is ImageNet's where the file takes pixels as they come", () => {
    expect(found(() => 'image').model.image).toMatchObject({ mean: [0.485, 0.456, 0.406] });
  });

  it('is none where the file normalizes pixels itself', () => {
    const { model: own, text } = found((graph) => byChannel(graph, 'image'));
    expect(own.image).toMatchObject({ mean: [0, 0, 0], std: [1, 1, 1] });
    expect(text).not.toMatch(/mean|std/);
  });

  it('is that of bytes where the file divides by 255', () => {
    const {
      model: own,
      text,
      parameters,
    } = found((graph) => byChannel(graph, graph.node('Div', ['image', graph.float([], [255])])));
    expect(text).toContain('std: [1 / 255, 1 / 255, 1 / 255]');
    // As bytes the model has the logits of the other form.
    const other = found((graph) => byChannel(graph, 'image'));
    const pixels = Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 256);
    const wanted = runFloatModel(other.model, other.parameters, pixels);
    runFloatModel(own, parameters, pixels).forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[i] as number, 4);
    });
  });
});

describe('vitrum import', () => {
  const names = [
    'timm_distilled-dynamo18',
    'encoder_post-script17',
    'timm_embedding_norm-script17',
    'hand-script17',
    'ort_int8_channel',
  ];
  const designs = new Map(names.map((name) => [name, written(name)]));

  it.each(names)('%s: the design loads, and is the design of its weights', async (name) => {
    const { design } = await loadDesign(designs.get(name) as string);
    const { model, weights, quant } = design;
    const fromFile = quant.fromFile === true;
    expect(fromFile).toBe(name.startsWith('ort_'));
    const { parameters } = importWeights(model, weights, folder, fromFile);
    expect(parameters.size).toBeGreaterThan(20);
  });

  it('the designs pass the type checker', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options: settings } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const program = ts.createProgram([...designs.values()], settings);
    const found = [...designs.values()].flatMap((file) => {
      const source = program.getSourceFile(file);
      return [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
    });
    expect(found.map((d) => ts.flattenDiagnosticMessageText(d.messageText, ' '))).toEqual([]);
  });

  it('writes what a person would', () => {
    expect(readFileSync(designs.get('timm_distilled-dynamo18') as string, 'utf8')).toBe(
      `import { design, noise, quant, vit } from 'vitrum';

/** 16 x 16 pixels to 8 classes, weights of timm_distilled-dynamo18.onnx. */
export default design({
  name: 'timm_distilled_dynamo18',
  model: vit({
    image: 16,
    patch: 4,
    width: 24,
    depth: 2,
    heads: 3,
    mlp: 48,
    classes: 8,
    pooling: 'distilled',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  }),
  weights: './timm_distilled-dynamo18.onnx',
  quant: quant.minmax({ weights: 8, activations: 8, residual: 16 }),
  // Noise gives ranges to build with; images of the task give those to trust.
  calibration: noise({ count: 16, seed: 1 }),
  target: { board: 'zcu102' },
});
`,
    );
  });

  it('says deit.tiny for what is one', () => {
    const inspection = inspectOnnx(join(fixtureFolder, 'timm_vit-dynamo18.onnx'));
    const { branches } = inspection.model;
    const [attention, mlp] = branches;
    if (attention?.kind !== 'attention' || mlp?.kind !== 'feedForward') throw new Error('no ViT');
    const layers = mlp.layers.map((layer, i) => ({ ...layer, width: i === 0 ? 768 : 192 }));
    const image = { ...inspection.model.image, height: 224, width: 224 };
    const model = {
      ...{ ...inspection.model, image, patch: 16, width: 192, classes: 10 },
      branches: Array.from({ length: 12 }, () => [attention, { ...mlp, layers }]).flat(),
    };
    const text = designText({ ...inspection, model }, './a.onnx', 'kv260');
    expect(text).toContain('  model: deit.tiny({\n    classes: 10,\n  }),\n');
    expect(text).toContain("import { deit, design, noise, quant } from 'vitrum';\n");
  });

  it('leaves files alone', () => {
    const file = join(folder, `${names[0]}.onnx`);
    const inspection = inspectOnnx(file);
    const attempts = [
      designs.get(names[0] as string) as string,
      join(folder, 'a.txt'),
      join(folder, 'no/a.vit.ts'),
    ];
    for (const out of attempts) {
      const attempt = () => writeDesign(inspection, file, { ...options, out });
      expect(attempt).toThrow(DiagnosticsError);
      expect(attempt).toThrow(/^VT505/);
    }
    expect(existsSync(join(folder, 'a.txt'))).toBe(false);
    writeDesign(inspection, file, { ...options, out: attempts[0] as string, force: true });
  });
});
