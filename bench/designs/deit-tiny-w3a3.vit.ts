import { arrays, integerDesign, manifest } from 'vitrum';

const converted = '../../examples/deit-tiny-w3a3/converted';

/** The 3-bit DeiT-tiny of examples/deit-tiny-w3a3 on an array of 1024 products, all on chip. */
export default integerDesign({
  name: 'deit_tiny_w3a3',
  manifest: manifest({
    file: `${converted}/manifest.json`,
    whenMissing: 'See examples/deit-tiny-w3a3/README.md.',
  }),
  images: arrays(
    { file: `${converted}/samples.npz`, codes: 'golden_codes', labels: 'golden_label' },
    { file: `${converted}/samples.npz`, pixels: 'rgb', labels: 'label' },
  ),
  target: {
    board: 'vck190',
    clockMHz: 300,
    tile: { tokens: 2, inputs: 32, outputs: 16, vector: 16 },
  },
});
