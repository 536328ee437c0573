import type { Evaluator } from './evaluator.ts';
import { clip, dequantizeLinear, quantizeLinear } from './qdq.ts';
import { QONNX } from './qonnx.ts';

/**
 * Operators of quantization, by type. On data they become operations `FakeQuant`, which matching
 * looks through, and on weights constants with their integers.
 */
export const QUANTIZERS: Readonly<Record<string, Evaluator>> = {
  ...QONNX,
  Clip: clip,
  DequantizeLinear: dequantizeLinear,
  QuantizeLinear: quantizeLinear,
};
