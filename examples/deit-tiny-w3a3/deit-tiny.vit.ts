import { arrays, integerDesign, manifest } from 'vitrum';

const convert = 'npx tsx examples/deit-tiny-w3a3/convert.ts FOLDER';
const samples = './converted/samples.npz';

/**
 * DeiT-tiny for ImageNet with 3-bit weights and activations, as its authors trained it. The files
 * in `converted` come from convert.ts. Image 0 is the authors' own, of which only the tokens are
 * published; images 1 to 17 are photographs.
 */
export default integerDesign({
  name: 'deit_tiny_w3a3',
  manifest: manifest({
    file: './converted/manifest.json',
    whenMissing: `Make it from the published arrays: ${convert}`,
  }),
  images: arrays(
    { file: samples, codes: 'golden_codes', labels: 'golden_label' },
    { file: samples, pixels: 'rgb', labels: 'label' },
  ),
  target: { board: 'zcu102', clockMHz: 300 },
});
