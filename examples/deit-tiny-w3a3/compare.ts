/**
 * Runs the golden model of Vitrum on the converted checkpoint and compares it with the authors'
 * tensors: every block and the inner tensors of blocks 0, 5 and 11 for their image, tokens and
 * logits for the 17 photographs. Exit code 1 when a value differs.
 *
 *     npx tsx examples/deit-tiny-w3a3/compare.ts FOLDER [IMAGES]
 *
 * FOLDER holds golden.npz and images.npz; IMAGES is the number of photographs, all 17 unless given.
 */
import { fileURLToPath } from 'node:url';
import { check } from '../../src/check/index.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import {
  argMax,
  encodeImage,
  type GoldenTensors,
  goldenResult,
  prepareGolden,
} from '../../src/golden/index.ts';
import { importManifest } from '../../src/import/index.ts';
import { authorsTensors } from './authors-tensors.ts';
import { openFolder } from './source.ts';

/** Values that differ, over all tensors compared. */
let differences = 0;
let compared = 0;

function compare(what: string, ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
  let wrong = Math.abs(ours.length - theirs.length);
  for (let i = 0; i < Math.min(ours.length, theirs.length); i++) if (ours[i] !== theirs[i]) wrong++;
  differences += wrong;
  compared += theirs.length;
  const verdict = wrong === 0 ? 'equal' : `${wrong} of ${theirs.length} values differ`;
  console.log(`${what.padEnd(34)} ${String(theirs.length).padStart(7)} values  ${verdict}`);
}

/** Extremes of the residual stream, over all frames. */
const reached = { low: 0, high: 0 };

function note(tensors: GoldenTensors): void {
  for (const [name, codes] of tensors) {
    if (!/^(embedding|block\d+\.(attention|mlp))$/.test(name)) continue;
    for (const code of codes) {
      reached.low = Math.min(reached.low, code);
      reached.high = Math.max(reached.high, code);
    }
  }
}

function main(folder: string, images: number): void {
  const source = openFolder(folder);
  const here = fileURLToPath(new URL('.', import.meta.url));
  const manifest = { file: 'converted/manifest.json', whenMissing: 'Run convert.ts first.' };
  const { graph } = check(importManifest(manifest, 'deit_tiny_w3a3', here));
  const golden = prepareGolden(graph);

  const tensors = golden(Int32Array.from(source.golden('patch_embed_input').data));
  note(tensors);
  for (const [ours, theirs] of authorsTensors()) {
    compare(ours, tensors.get(ours) ?? [], source.golden(theirs).data);
  }

  const [rgb, tokens] = [source.images('rgb'), source.images('tokens')];
  const [logits, labels] = [source.images('logits'), source.images('label')];
  const count = Math.min(images, labels.data.length);
  let right = 0;
  for (let i = 0; i < count; i++) {
    const part = ({ data }: typeof rgb) => {
      const size = data.length / labels.data.length;
      return data.subarray(i * size, (i + 1) * size);
    };
    const codes = encodeImage(graph.input, Uint8Array.from(part(rgb)));
    const own = golden(codes);
    note(own);
    compare(`image ${i}, tokens`, codes, part(tokens));
    compare(`image ${i}, logits`, goldenResult(graph, own), part(logits));
    if (argMax(goldenResult(graph, own)) === labels.data[i]) right++;
  }
  console.log(`residual stream within ${reached.low} .. ${reached.high}`);
  console.log(`${right} of ${count} photographs recognized`);
  console.log(`${compared} values compared, ${differences} differ`);
}

const [folder, images = '17'] = process.argv.slice(2);
if (!folder) {
  console.error('usage: npx tsx examples/deit-tiny-w3a3/compare.ts FOLDER [IMAGES]');
  process.exit(2);
}
try {
  main(folder, Number(images));
} catch (error) {
  if (!(error instanceof DiagnosticsError)) throw error;
  console.error(error.message);
  process.exit(2);
}
process.exitCode = compared > 0 && differences === 0 ? 0 : 1;
