import type { GraphInput } from '../ir/index.ts';
import { checkShape } from './node-check.ts';
import type { Reporter } from './reporter.ts';

/** The image's shape (VT352) and the numbers of its quantizer (VT358). */
export function checkGraphInput(input: GraphInput, report: Reporter): void {
  const { image, patch, tensor } = input;
  const { height, width, channels } = image;
  if (height % patch !== 0 || width % patch !== 0) {
    report.fault('VT352', `patches of ${patch} do not tile an image of ${height} x ${width}.`);
  } else {
    const patches = (height / patch) * (width / patch);
    checkShape('the input', tensor.shape, [patches, channels * patch * patch], report);
  }
  report.length('mean', input.mean.length, channels);
  report.length('std', input.std.length, channels);
  const bad = input.std.find((s) => !(s > 0 && Number.isFinite(s)));
  if (bad !== undefined) report.fault('VT358', `a std is ${bad}.`, 'Positive numbers are legal.');
  const mean = input.mean.find((m) => !Number.isFinite(m));
  if (mean !== undefined) report.fault('VT358', `a mean is ${mean}.`, 'Finite numbers are legal.');
  if (!(tensor.scale > 0 && Number.isFinite(tensor.scale))) {
    report.fault('VT358', `the scale is ${tensor.scale}.`, 'Positive numbers are legal.');
  }
}
