import type {
  Instruction,
  LayerNormOperation,
  MatmulOperation,
  MeanPoolOperation,
  Program,
  SoftmaxOperation,
  Unit,
} from '../program.ts';

/** One operation and what must be over before it starts; see `Instruction`. */
interface Conditions {
  readonly maxMatmul: Instruction['maxMatmul'];
  readonly idle: readonly Unit[];
}

export interface MatmulStep extends Conditions {
  readonly unit: 'matmul';
  readonly operation: MatmulOperation;
}
export interface LayerNormStep extends Conditions {
  readonly unit: 'layerNorm';
  readonly operation: LayerNormOperation;
}
export interface SoftmaxStep extends Conditions {
  readonly unit: 'softmax';
  readonly operation: SoftmaxOperation;
}
export interface MeanPoolStep extends Conditions {
  readonly unit: 'meanPool';
  readonly operation: MeanPoolOperation;
}
export interface StreamStep extends Conditions {
  readonly unit: 'input' | 'result';
  readonly label: string;
}

/** What becomes an instruction: the schedule before its operations have numbers. */
export type Step = MatmulStep | LayerNormStep | SoftmaxStep | MeanPoolStep | StreamStep;

export function matmulStep(
  operation: MatmulOperation,
  maxMatmul: Instruction['maxMatmul'],
  idle: readonly Unit[] = [],
): MatmulStep {
  return { unit: 'matmul', operation, maxMatmul, idle };
}

/** Numbers the operations of each unit and writes the instructions that start them. */
export function programOf(
  steps: readonly Step[],
): Pick<Program, 'instructions' | 'matmuls' | 'layerNorms' | 'softmaxes' | 'meanPools'> {
  const matmuls: MatmulOperation[] = [];
  const layerNorms: LayerNormOperation[] = [];
  const softmaxes: SoftmaxOperation[] = [];
  const meanPools: MeanPoolOperation[] = [];
  const number = (step: Step): number => {
    switch (step.unit) {
      case 'matmul':
        return matmuls.push(step.operation) - 1;
      case 'layerNorm':
        return layerNorms.push(step.operation) - 1;
      case 'softmax':
        return softmaxes.push(step.operation) - 1;
      case 'meanPool':
        return meanPools.push(step.operation) - 1;
      default:
        return 0;
    }
  };
  const instructions = steps.map((step): Instruction => {
    const label = 'label' in step ? step.label : step.operation.name;
    const { unit, maxMatmul, idle } = step;
    return { unit, operation: number(step), maxMatmul, idle, label };
  });
  return { instructions, matmuls, layerNorms, softmaxes, meanPools };
}
