import type { OnnxNode } from '../onnx/read.ts';

/** What to change for operators that occur in models that people bring. */
const ADVICE: Readonly<Record<string, string>> = {
  ArgMax: 'Export the logits: leave out what stands behind the head.',
  Attention: 'Export with opset 22 or earlier, which takes attention apart.',
  BatchNormalization: 'Fold it into the layer before it, or train with LayerNorm.',
  ConvInteger: 'Quantize statically, in QDQ form: quant_format=QuantFormat.QDQ.',
  DynamicQuantizeLinear:
    'This is dynamic quantization. Use quantize_static, in QDQ form, with calibration data.',
  GroupNormalization: 'Only LayerNorm over the channels of a token can be built.',
  HardSigmoid: 'GELU and ReLU are the activations that can be built.',
  HardSwish: 'GELU and ReLU are the activations that can be built.',
  If: 'Export by tracing with a fixed image size, so that no branch is left.',
  InstanceNormalization: 'Only LayerNorm over the channels of a token can be built.',
  Loop: 'Export by tracing with a fixed image size, so that no loop is left.',
  MatMulInteger: 'Quantize statically, in QDQ form: quant_format=QuantFormat.QDQ.',
  MaxPool: 'A convolution stem cannot be built: patches must be cut without overlap.',
  QLinearConv: 'Use the QDQ form: quantize_static(..., quant_format=QuantFormat.QDQ).',
  QLinearMatMul: 'Use the QDQ form: quantize_static(..., quant_format=QuantFormat.QDQ).',
  RMSNormalization: 'Only LayerNorm over the channels of a token can be built.',
  Resize: 'Give images of the size that the model was trained with.',
  Scan: 'Export by tracing with a fixed image size, so that no loop is left.',
  Sigmoid: 'GELU and ReLU are the activations that can be built.',
  TopK: 'Export the logits: leave out what stands behind the head.',
};

/** The end of a diagnostic on a node that is not supported. */
export function adviceFor(node: OnnxNode): string {
  if (node.domain.startsWith('com.microsoft')) {
    return 'This operator was made by an optimizer of ONNX Runtime: give the model from before it.';
  }
  return ADVICE[node.type] ?? 'docs/import.md lists the operators that are read.';
}
