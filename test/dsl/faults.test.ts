import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/diagnostics/index.ts';
import { faultsOf, source, write } from './support.ts';

/** What loading a design with one setting changed says. */
async function said(change: Record<string, string | undefined>): Promise<string[]> {
  return (await faultsOf(write({ 'my.vit.ts': source(change) }))).map(formatDiagnostic);
}

const vit = (change: string) =>
  `vit({ image: 28, patch: 4, width: 64, depth: 2, heads: 4, classes: 3, ${change} })`;
const legalImage = 'Legal is a whole number from 1 to 4096, or two of them: [height, width].';
const shape = '{ image: 8, channels: 1, patch: 4, width: 8, classes: 3 }';
const encoder = (blocks: string) => `encoder(${shape}, [${blocks}])`;
const at = (column: number, line = 4) => `my.vit.ts:${line}:${column}`;

describe('faults of one setting, at its place and with what is legal', () => {
  test.each([
    // The model.
    [
      vit('heads: 5'),
      `VT101 ${at(80)}: 5 heads do not divide the width 64. 1, 2, 4, 8, 16, 32 and 64 do.`,
    ],
    [
      vit('width: 768, heads: 11'),
      `VT101 ${at(92)}: 11 heads do not divide the width 768. 2, 3, 4, 6, 8, 12 and 16 do.`,
    ],
    [
      vit('patch: 5'),
      `VT102 ${at(80)}: The patch 5 does not divide the image side 28. 1, 2, 4, 7, 14 and 28 do.`,
    ],
    [vit('depth: 0'), `VT110 ${at(80)}: The model has 0 blocks. 1 to 64 are legal.`],
    [vit('depth: 65'), `VT103 ${at(80)}: depth is 65. Legal is a whole number from 1 to 64.`],
    [vit('classes: 0'), `VT103 ${at(80)}: classes is 0. Legal is a whole number from 1 to 65536.`],
    [vit('mlp: -4'), `VT103 ${at(80)}: mlp is -4. Legal is a whole number from 1 to 16384.`],
    [vit('width: 8192'), `VT103 ${at(80)}: width is 8192. Legal is a whole number from 1 to 4096.`],
    [vit('image: 2.5'), `VT103 ${at(80)}: image is 2.5. ${legalImage}`],
    [vit("image: '28'"), `VT103 ${at(80)}: image is "28". ${legalImage}`],
    [vit('image: [28]'), `VT103 ${at(80)}: image is [28]. ${legalImage}`],
    [vit('image: [28, 0]'), `VT103 ${at(80)}: image is [28, 0]. ${legalImage}`],
    [
      vit('image: [28, 30]'),
      `VT102 ${at(27)}: The patch 4 does not divide the image side 30. 1 and 2 do.`,
    ],
    [
      vit('image: [512, 1024]'),
      `VT113 ${at(27)}: An image of 512x1024 in patches of 4 makes 32769 tokens. At most 4096 are supported: take larger patches.`,
    ],
    [
      vit('image: 1024'),
      `VT113 ${at(27)}: An image of 1024x1024 in patches of 4 makes 65537 tokens. At most 4096 are supported: take larger patches.`,
    ],
    [
      vit("pooling: 'max'"),
      `VT103 ${at(80)}: pooling is "max". Legal is "class", "mean" or "distilled".`,
    ],
    [
      vit("activation: 'swish'"),
      `VT103 ${at(80)}: activation is "swish". Legal is "gelu" or "relu".`,
    ],
    [vit('mean: [0.5]'), `VT107 ${at(80)}: mean has 1 values for 3 channels. 3 values are needed.`],
    [
      vit('std: [1, 0, 1]'),
      `VT103 ${at(80)}: std is [1, 0, 1]. Legal is a list with a number above 0 for each channel.`,
    ],
    [vit('epsilon: 0'), `VT103 ${at(80)}: epsilon is 0. Legal is a number above 0, up to 0.1.`],
    [vit('head: 2'), `VT104 ${at(80)}: vit() has no setting head. Did you mean heads?`],
    [
      'vit(3)',
      `VT103 ${at(10)}: vit() was given 3. It takes an object with image, channels, patch, width, classes, pooling, leading, norm, embeddingNorm, finalNorm, mean, std, epsilon, depth, heads, mlp and activation.`,
    ],
    [
      'deit.small({ image: 100 })',
      `VT102 ${at(10)}: The patch 16 does not divide the image side 100. 1, 2, 4, 5, 10, 20 and 25 do.`,
    ],
    [
      'deit.small({ depth: 3 })',
      `VT104 ${at(23)}: deit.small() has no setting depth. Known are image, patch, classes, pooling, leading, mean, std and epsilon.`,
    ],
    [
      '12',
      `VT103 ${at(3)}: model is 12. Legal is vit({ ... }), deit.tiny({ ... }) or encoder({ ... }, [...]).`,
    ],
    [
      'noise({ count: 1, seed: 1 })',
      `VT103 ${at(3)}: model is the result of noise(). Legal is vit({ ... }), deit.tiny({ ... }) or encoder({ ... }, [...]).`,
    ],
    // Blocks by hand.
    [encoder(''), `VT110 ${at(10)}: The encoder has 0 blocks. 1 to 128 residuals are legal.`],
    [
      encoder('residual(layerNorm(), attention({ heads: 3 }))'),
      `VT101 ${at(112)}: 3 heads do not divide the width 8. 1, 2, 4 and 8 do.`,
    ],
    [
      encoder('residual(layerNorm(), linear(16), gelu(), linear(9))'),
      `VT112 ${at(120)}: A branch ends in 9 channels, but the width is 8. Its last layer must be linear(8).`,
    ],
    [
      encoder('residual(layerNorm(), linear(0), linear(8))'),
      `VT103 ${at(100)}: The width of linear() is 0. Legal is a whole number from 1 to 16384.`,
    ],
    [
      encoder('residual(layerNorm(), linear(8), gelu(), gelu(), linear(8))'),
      `VT111 ${at(119)}: gelu() stands twice in a row. One activation may follow each linear() but the last.`,
    ],
    [
      encoder('residual(layerNorm(), linear(8), gelu())'),
      `VT111 ${at(111)}: A branch ends with gelu(). It ends with a linear().`,
    ],
    [
      encoder('residual(layerNorm(), relu(), linear(8))'),
      `VT111 ${at(100)}: relu() stands before any linear(). One activation may follow each linear() but the last.`,
    ],
    [
      encoder('residual(layerNorm(), attention({ heads: 2 }), linear(8))'),
      `VT111 ${at(125)}: linear() stands in one branch with attention(). Give attention() and linear() each its own residual().`,
    ],
    [
      encoder('residual(layerNorm(), linear(8), attention({ heads: 2 }))'),
      `VT111 ${at(111)}: attention() stands in one branch with linear(). Give attention() and linear() each its own residual().`,
    ],
    [
      encoder('residual(layerNorm())'),
      `VT111 ${at(78)}: A residual has no branch. Legal are attention({ heads }), linear(width), gelu() and relu().`,
    ],
    [
      encoder('residual(linear(8))'),
      `VT111 ${at(87)}: A residual begins with linear(). It begins with layerNorm().`,
    ],
    [
      encoder('layerNorm()'),
      `VT103 ${at(10)}: Block 0 of encoder() is the result of layerNorm(). Legal is residual(...).`,
    ],
  ])('model: %s', async (model, expected) => {
    expect(await said({ model })).toEqual([expected]);
  });

  test.each([
    [
      '{ weights: 17, activations: 8 }',
      `VT106 ${at(25, 6)}: 17 bits were asked for weights. Legal is a whole number from 2 to 8.`,
    ],
    [
      '{ weights: 8, activations: 1 }',
      `VT106 ${at(37, 6)}: 1 bits were asked for activations. Legal is a whole number from 2 to 8.`,
    ],
    [
      '{ weights: 8, activations: 8, residual: 7 }',
      `VT106 ${at(53, 6)}: 7 bits were asked for residual. Legal is a whole number from 8 to 16.`,
    ],
    [
      "{ weights: 8, activations: 8, observer: 'percentile' }",
      `VT104 ${at(53, 6)}: quant.minmax() has no setting observer. Known are weights, activations, residual and layers.`,
    ],
    [
      '{ weights: 8 }',
      `VT105 ${at(10, 6)}: quant.minmax() lacks the setting activations. Legal is a whole number from 2 to 8.`,
    ],
  ])('quant: %s', async (quant, expected) => {
    expect(await said({ quant: `quant.minmax(${quant})` })).toEqual([expected]);
  });

  const board = "board: 'kv260'";
  test.each([
    [
      'target',
      '{ board: 3 }',
      `VT103 ${at(13, 8)}: target.board is 3. Legal is a board's name, or a path to a board file.`,
    ],
    [
      'target',
      `{ ${board}, fps: 0 }`,
      `VT103 ${at(29, 8)}: target.fps is 0. Legal is a number above 0, up to 10000000.`,
    ],
    [
      'target',
      `{ ${board}, clockMHz: NaN }`,
      `VT103 ${at(29, 8)}: target.clockMHz is NaN. Legal is a number above 0, up to 1000.`,
    ],
    [
      'target',
      `{ ${board}, tile: { inputs: 12, outputs: 16 } }`,
      `VT108 ${at(49, 8)}: A tile of 12 inputs and 16 outputs: neither divides the other. For 12 inputs, 12 and 24 outputs are legal.`,
    ],
    [
      'target',
      `{ ${board}, tile: { inputs: 16, outputs: 5 } }`,
      `VT108 ${at(49, 8)}: A tile of 16 inputs and 5 outputs: neither divides the other. For 16 inputs, 2, 4, 8, 16 and 32 outputs are legal.`,
    ],
    [
      'target',
      `{ ${board}, tile: { inputs: 16, outputs: 8, vector: 3 } }`,
      `VT108 ${at(61, 8)}: A vector of 3 lanes does not divide the tile 16x8. Legal: 1, 2, 4 and 8.`,
    ],
    [
      'target',
      `{ ${board}, tile: { tokens: 3, inputs: 16, outputs: 8 } }`,
      `VT108 ${at(37, 8)}: 3 tokens side by side do not divide the tile 16x8. Legal: 1, 2, 4 and 8.`,
    ],
    [
      'target',
      `{ ${board}, tile: { tokens: 0, inputs: 16, outputs: 8 } }`,
      `VT103 ${at(37, 8)}: target.tile.tokens is 0. Legal is a whole number from 1 to 16.`,
    ],
    [
      'target',
      `{ ${board}, tile: { tokens: 32, inputs: 32, outputs: 32 } }`,
      `VT103 ${at(37, 8)}: target.tile.tokens is 32. Legal is a whole number from 1 to 16.`,
    ],
    [
      'target',
      `{ ${board}, weights: 'flash' }`,
      `VT103 ${at(29, 8)}: target.weights is "flash". Legal is "onChip" or "external".`,
    ],
    [
      'target',
      `{ ${board}, weights: 'external', weightBus: 32 }`,
      `VT103 ${at(50, 8)}: target.weightBus is 32. Legal is 64, 128, 256 or 512.`,
    ],
    [
      'target',
      `{ ${board}, multipliers: 'triple' }`,
      `VT103 ${at(29, 8)}: target.multipliers is "triple". Legal is "single", "double", "quad" or "lut".`,
    ],
    [
      'target',
      `{ ${board}, primitives: 1 }`,
      `VT103 ${at(29, 8)}: target.primitives is 1. Legal is true or false.`,
    ],
    [
      'target',
      `{ ${board}, tile: { inputs: 0, outputs: 8 } }`,
      `VT103 ${at(37, 8)}: target.tile.inputs is 0. Legal is a whole number from 1 to 1024.`,
    ],
    [
      'target',
      `{ ${board}, tile: { inputs: 8, outputs: 8, lanes: 8 } }`,
      `VT104 ${at(60, 8)}: target.tile of design() has no setting lanes. Known are tokens, inputs, outputs and vector.`,
    ],
    [
      'target',
      undefined,
      `VT105 ${at(16, 2)}: design() lacks the setting target. Legal is an object of settings.`,
    ],
    [
      'name',
      "'My-Net'",
      `VT109 ${at(3, 3)}: name is "My-Net". Legal is up to 64 letters a-z, digits and _, beginning with a letter.`,
    ],
    [
      'name',
      "'module'",
      `VT109 ${at(3, 3)}: name is "module", a reserved word of Verilog. Take another.`,
    ],
    [
      'weights',
      undefined,
      `VT114 ${at(16, 2)}: design() lacks the setting weights. Legal is a path that ends in .onnx, or random({ seed: 1 }).`,
    ],
    [
      'weights',
      "'./a.pt'",
      `VT114 ${at(3, 5)}: weights is "./a.pt". Legal is a path that ends in .onnx, or random({ seed: 1 }).`,
    ],
    [
      'weights',
      "onnx('')",
      `VT114 ${at(12, 5)}: The file of onnx() is "". Legal is a path that ends in .onnx, or random({ seed: 1 }).`,
    ],
    [
      'weights',
      'random({ seed: -1 })',
      `VT103 ${at(21, 5)}: seed is -1. Legal is a whole number from 0 to 4294967295.`,
    ],
    [
      'calibration',
      'mnist({ count: 0 })',
      `VT103 ${at(24, 7)}: count is 0. Legal is a whole number from 1 to 10000.`,
    ],
    [
      'calibration',
      "'./images'",
      `VT103 ${at(3, 7)}: calibration is "./images". Legal is folder({ path, count }), mnist({ count }) or noise({ count, seed }).`,
    ],
    [
      'batch',
      '4',
      `VT104 ${at(3, 9)}: design() has no setting batch. Known are name, model, weights, quant, calibration and target.`,
    ],
  ])('%s: %s', async (setting, value, expected) => {
    expect(await said({ [setting]: value })).toEqual([expected]);
  });
});

describe('faults of a whole design', () => {
  test('are said all at once, each at its own place', async () => {
    const text = source({
      name: "'Bad'",
      model: vit('heads: 5, patch: 3, mean: [1], dropout: 0.1'),
      weights: undefined,
      quant: 'quant.minmax({ weights: 17 })',
      calibration: 'noise({ count: 1.5, seed: 1 })',
      target: "{ board: '', fps: -1, tile: { inputs: 3, outputs: 2 }, part: 1 }",
    });
    const faults = await faultsOf(write({ 'my.vit.ts': text }));
    expect(faults.map((d) => `${d.code} ${d.subject}`).sort()).toEqual([
      'VT101 heads',
      'VT102 patch',
      'VT103 count',
      'VT103 target.board',
      'VT103 target.fps',
      'VT104 dropout',
      'VT104 target.part',
      'VT105 activations',
      'VT106 weights',
      'VT107 mean',
      'VT108 target.tile.outputs',
      'VT109 name',
      'VT114 weights',
    ]);
    const places = faults.map((d) => `${d.place?.line}:${d.place?.column}`);
    expect(new Set(places).size).toBe(faults.length);
  });

  test('a part used twice has its fault said once', async () => {
    const block = 'residual(layerNorm(), attention({ heads: 3 }))';
    const model = `encoder(${shape}, Array(4).fill(${block}))`;
    expect(await said({ model })).toHaveLength(1);
  });

  test('a fault in a loop stands at the call, with the value that was wrong', async () => {
    const model = `encoder(${shape}, [2, 3, 5].map((heads) => residual(layerNorm(), attention({ heads }))))`;
    expect(await said({ model })).toEqual([
      `VT101 ${at(136)}: 3 heads do not divide the width 8. 1, 2, 4 and 8 do.`,
      `VT101 ${at(136)}: 5 heads do not divide the width 8. 1, 2, 4 and 8 do.`,
    ]);
  });
});
