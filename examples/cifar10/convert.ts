/**
 * Images of CIFAR-10's binary version as the example reads them: the test set, and 512 training
 * images to calibrate with.
 *
 *     npx tsx examples/cifar10/convert.ts FOLDER [OUT]
 *
 * FOLDER holds data_batch_1.bin .. data_batch_5.bin and test_batch.bin; OUT is `images` beside this
 * file.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../../src/arithmetic/index.ts';
import { packed, recordsOf } from './records.ts';

const CALIBRATION = 512;

function convert(folder: string, out: string): void {
  const read = (names: readonly string[]) => {
    const bytes = names.map((name) => readFileSync(join(folder, name)));
    return recordsOf(Buffer.concat(bytes), names.join(', '));
  };
  const batches = readdirSync(folder).filter((name) => /^data_batch_\d\.bin$/.test(name));
  const [training, test] = [read(batches.sort()), read(['test_batch.bin'])];
  const random = createRandom(1);
  const drawn = new Set<number>();
  while (drawn.size < Math.min(CALIBRATION, training.labels.length)) {
    drawn.add(random.nextInt(0, training.labels.length - 1));
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'calibration.npz'), packed(training, [...drawn]));
  writeFileSync(join(out, 'test.npz'), packed(test, [...test.labels.keys()]));
  console.log(`${test.labels.length} test images and ${drawn.size} to calibrate with: ${out}`);
}

const [, , folder, out = fileURLToPath(new URL('./images/', import.meta.url))] = process.argv;
if (folder === undefined) {
  console.error('usage: npx tsx examples/cifar10/convert.ts FOLDER [OUT]');
  process.exitCode = 2;
} else convert(folder, out);
