/**
 * Figures that others published or that were measured on their RTL; the only ones of the bench that
 * are typed in.
 */

/** How a figure is known. */
export type Evidence =
  | 'published' // read in the source
  | 'cited' // as another paper or its authors' notes cite the source
  | 'derived' // arithmetic on published figures
  | 'consistent' // not read in the source; agrees with ratios that others cite
  | 'measured'; // on the peer's own RTL, with the tools and options of this bench

/** A complete accelerator. Absent figures are not given by the source. */
export interface PeerEngine {
  readonly name: string;
  readonly source: string;
  readonly model: string;
  readonly bits: string;
  readonly device: string;
  readonly clockMHz?: number;
  readonly framesPerSecond?: number;
  readonly gops?: number;
  readonly kLut?: number;
  readonly dsp?: number;
  readonly bram36?: number;
  readonly gopsPerDsp?: number;
  readonly gopsPerKLut?: number;
  /** Useful products over products that the array could do. */
  readonly utilization?: number;
  readonly evidence: Evidence;
  readonly note?: string;
}

export const peerEngines: readonly PeerEngine[] = [
  {
    name: 'HG-PIPE',
    source: 'ICCAD 2024, arXiv:2407.17879; README of its official repository',
    model: 'DeiT-tiny',
    bits: 'W3A3',
    device: 'VCK190',
    clockMHz: 425,
    framesPerSecond: 7118,
    gops: 17800,
    kLut: 669,
    dsp: 312,
    bram36: 1006.5,
    gopsPerDsp: 57,
    gopsPerKLut: 26.6,
    utilization: 0.826,
    evidence: 'published',
    note: 'whole network unrolled, 25,280 products a cycle; the ratios and the utilization are derived (interval of 57,624 cycles)',
  },
  {
    name: 'HG-PIPE',
    source: 'ICCAD 2024, arXiv:2407.17879',
    model: 'DeiT-tiny',
    bits: 'W4A4',
    device: 'ZCU102',
    gopsPerKLut: 18.55,
    evidence: 'cited',
    note: 'the network is split into four parts, each a bitstream of its own',
  },
  {
    name: 'Auto-ViT-Acc',
    source: 'FPL 2022, arXiv:2208.05163, as cited by HG-PIPE (ICCAD 2024)',
    model: 'DeiT-small',
    bits: '4-bit class',
    device: 'ZCU102',
    gopsPerKLut: 7.36,
    evidence: 'derived',
    note: 'HG-PIPE states 2.52 times its efficiency',
  },
  {
    name: 'Auto-ViT-Acc',
    source: 'FPL 2022, arXiv:2208.05163, as cited by P2-ViT (TVLSI 2024)',
    model: 'DeiT-small',
    bits: 'W8A8',
    device: 'ZCU102',
    gopsPerDsp: 0.367,
    evidence: 'cited',
    note: 'fixed point only; 0.585 with power-of-two weights on LUTs',
  },
  {
    name: 'MSD',
    source: 'FCCM 2023, README of CASR-HKU/MSD-FCCM23',
    model: 'ViT-base',
    bits: 'A8, 2 essential bits',
    device: 'ZCU102',
    clockMHz: 214,
    framesPerSecond: 44.8,
    gops: 1481.44,
    kLut: 151.69,
    dsp: 2312,
    bram36: 771,
    gopsPerDsp: 0.64,
    gopsPerKLut: 9.77,
    evidence: 'published',
    note: 'the linear layers only: the figures multiply to 33.0 GOP a frame, and the model has 35.1',
  },
  {
    name: 'Huang et al.',
    source: 'IEEE TCAS-I 2023, integer-only group vector systolic accelerator',
    model: 'ViT-small',
    bits: 'W8A8',
    device: 'ZCU102',
    clockMHz: 300,
    framesPerSecond: 89.7,
    gops: 762.7,
    dsp: 1268,
    gopsPerDsp: 0.601,
    utilization: 0.621,
    evidence: 'cited',
    note: 'end to end; DSP and utilization are derived (2048 products a cycle)',
  },
  {
    name: 'Huang et al.',
    source: 'IEEE TCAS-I 2023, integer-only group vector systolic accelerator',
    model: 'ViT-tiny',
    bits: 'W8A8',
    device: 'ZCU102',
    clockMHz: 300,
    framesPerSecond: 245.3,
    gops: 616.14,
    dsp: 1268,
    gopsPerDsp: 0.486,
    utilization: 0.501,
    evidence: 'cited',
    note: 'end to end; DSP and utilization are derived',
  },
  {
    name: 'P2-ViT',
    source: 'TVLSI 2024, arXiv:2405.19915, table IX',
    model: 'DeiT-tiny',
    bits: 'W8A8',
    device: 'own RTL',
    gopsPerDsp: 0.89,
    evidence: 'cited',
    note: 'power-of-two scales',
  },
  {
    name: 'P2-ViT',
    source: 'TVLSI 2024, arXiv:2405.19915, table IX',
    model: 'DeiT-small',
    bits: 'W8A8',
    device: 'own RTL',
    gopsPerDsp: 0.923,
    evidence: 'cited',
    note: 'power-of-two scales',
  },
  {
    name: 'P2-ViT',
    source: 'TVLSI 2024, arXiv:2405.19915, table VII',
    model: 'DeiT-base',
    bits: 'W8A8',
    device: 'own RTL',
    gopsPerDsp: 0.799,
    evidence: 'cited',
    note: 'power-of-two scales',
  },
  {
    name: 'HeatViT',
    source: 'HPCA 2023, arXiv:2211.08110, as cited by P2-ViT (TVLSI 2024)',
    model: 'DeiT-tiny',
    bits: 'W8A8',
    device: 'ZCU102',
    gopsPerDsp: 0.16,
    evidence: 'cited',
    note: 'with token pruning',
  },
  {
    name: 'EfficientViT accelerator',
    source: '2024, arXiv:2403.20230',
    model: 'EfficientViT',
    bits: 'W8A8',
    device: 'ZCU102',
    clockMHz: 200,
    gops: 780.2,
    dsp: 1024,
    gopsPerDsp: 0.762,
    utilization: 0.952,
    evidence: 'derived',
    note: '780.2 GOPS is published; hybrid network without softmax; 95.2 % is its peak',
  },
  {
    name: 'ViTA',
    source: 'ISCAS 2023, arXiv:2302.09108',
    model: 'ViT, Swin, TNT',
    bits: 'W8A8',
    device: 'Zynq-7020 class',
    utilization: 0.9,
    evidence: 'published',
    note: 'about 90 %',
  },
];

/** A search of others, and what it found for a network. */
export interface PeerSearch extends PeerEngine {
  /** Where its products are made. */
  readonly products: 'DSPs' | 'DSPs and LUTs' | 'LUTs';
}

const AUTO_VIT_ACC = {
  name: 'Auto-ViT-Acc',
  source: 'FPL 2022, arXiv:2208.05163; ratios as cited by P2-ViT and HG-PIPE',
  device: 'ZCU102',
  clockMHz: 150,
  evidence: 'consistent',
} as const;

/** Fixed-point weights on DSPs, and beside them power-of-two weights on LUTs. */
export const peerSearches: readonly PeerSearch[] = [
  {
    ...AUTO_VIT_ACC,
    ...{ model: 'DeiT-small', bits: 'W8A8', products: 'DSPs' },
    ...{ gops: 711, dsp: 1936, gopsPerDsp: 0.367 },
  },
  {
    ...AUTO_VIT_ACC,
    ...{ model: 'DeiT-small', bits: 'W8A8', products: 'DSPs and LUTs' },
    ...{ framesPerSecond: 99.7, gops: 907.8, dsp: 1552, gopsPerDsp: 0.585 },
  },
  {
    ...AUTO_VIT_ACC,
    ...{ model: 'DeiT-base', bits: 'W8A8', products: 'DSPs', gopsPerDsp: 0.435 },
  },
  {
    ...AUTO_VIT_ACC,
    ...{ model: 'DeiT-base', bits: 'W8A8', products: 'DSPs and LUTs' },
    ...{ framesPerSecond: 34, gops: 1181.5, dsp: 1556, gopsPerDsp: 0.759 },
  },
  {
    ...AUTO_VIT_ACC,
    ...{ model: 'DeiT-small', bits: 'W4A4', products: 'DSPs and LUTs' },
    ...{ framesPerSecond: 155.8, gops: 1418.4, kLut: 193, gopsPerKLut: 7.36 },
  },
  {
    name: 'HG-PIPE',
    source: 'ICCAD 2024, arXiv:2407.17879',
    ...{ model: 'DeiT-tiny', bits: 'W4A4', products: 'LUTs', device: 'ZCU102', clockMHz: 375 },
    gopsPerKLut: 18.55,
    evidence: 'consistent',
    note: 'the network is split into four parts, each a bitstream of its own',
  },
];

const YOSYS = "Yosys synth_xilinx -family xcup -flatten on the peer's Verilog";

/** A unit of a peer, for each element or product of a cycle. */
export interface PeerUnit {
  readonly unit: 'array' | 'softmax' | 'layerNorm' | 'gelu';
  readonly name: string;
  readonly source: string;
  readonly configuration: string;
  /** Elements, or products, of a cycle. */
  readonly lanes: number;
  readonly lut: number;
  readonly lutram: number;
  readonly ff: number;
  readonly dsp: number;
  readonly bram36: number;
  readonly evidence: Evidence;
}

export const peerUnits: readonly PeerUnit[] = [
  {
    unit: 'array',
    name: 'axis-systolic-array',
    source: `abarajithan11/axis-systolic-array, axis_sa; ${YOSYS}`,
    configuration: '16 x 16 output stationary, 8 x 8 bits',
    ...{ lanes: 256, lut: 16566, lutram: 0, ff: 26410, dsp: 256, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'array',
    name: 'axis-systolic-array',
    source: `abarajithan11/axis-systolic-array, axis_sa; ${YOSYS}`,
    configuration: '16 x 16 output stationary, 4 x 4 bits',
    ...{ lanes: 256, lut: 22427, lutram: 0, ff: 21482, dsp: 0, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'array',
    name: 'Buck008',
    source: `Buck008, PE_array; ${YOSYS}`,
    configuration: '16 x 16 weight stationary, 8 bits',
    ...{ lanes: 256, lut: 4640, lutram: 0, ff: 12288, dsp: 256, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'array',
    name: 'HG-PIPE',
    source: `hguq/HG-PIPE, MLP0_do_matmul; ${YOSYS}`,
    configuration: '3 x 3 bits, weights and FIFOs inside',
    ...{ lanes: 576, lut: 13273, lutram: 160, ff: 10167, dsp: 0, bram36: 12 },
    evidence: 'measured',
  },
  {
    unit: 'array',
    name: 'SpinalDLA',
    source: `adamgallas/SpinalDLA, int8_ws_B_P; ${YOSYS}`,
    configuration: '8-bit chain, two products a DSP48E2 instance',
    ...{ lanes: 16, lut: 1, lutram: 0, ff: 14, dsp: 8, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'softmax',
    name: 'HG-PIPE',
    source: `hguq/HG-PIPE, ATTN0_do_softmax_12; ${YOSYS}`,
    configuration: '10 bits in, 3 bits out, LUT tables',
    ...{ lanes: 2, lut: 326, lutram: 0, ff: 351, dsp: 2, bram36: 1 },
    evidence: 'measured',
  },
  {
    unit: 'softmax',
    name: 'ITA',
    source: `ITA, ISLPED 2023, arXiv:2307.03493, ita_softmax_top; ${YOSYS}`,
    configuration: 'base 2, 16 lanes in, 8 bits',
    ...{ lanes: 16, lut: 8107, lutram: 584, ff: 1143, dsp: 1, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'softmax',
    name: 'SSVT',
    source: `BoostViT/SSVT, softmax_16; ${YOSYS}`,
    configuration: '16 lanes, combinational, 8 bits, log-softmax',
    ...{ lanes: 16, lut: 4784, lutram: 0, ff: 0, dsp: 0, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'layerNorm',
    name: 'HG-PIPE',
    source: `hguq/HG-PIPE, MLP0_do_layernorm; ${YOSYS}`,
    configuration: '15 bits in, 3 bits out',
    ...{ lanes: 2, lut: 688, lutram: 90, ff: 875, dsp: 8, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'layerNorm',
    name: 'SSVT',
    source: `BoostViT/SSVT, layer_norm_16; ${YOSYS}`,
    configuration: '16 elements, combinational, 8 bits',
    ...{ lanes: 16, lut: 1540, lutram: 0, ff: 0, dsp: 16, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'gelu',
    name: 'HG-PIPE',
    source: `hguq/HG-PIPE, MLP0_do_gelu; ${YOSYS}`,
    configuration: 'requantization and table, 11 bits in, 3 bits out',
    ...{ lanes: 4, lut: 132, lutram: 0, ff: 76, dsp: 0, bram36: 0 },
    evidence: 'measured',
  },
  {
    unit: 'gelu',
    name: 'ITA',
    source: `ITA, ISLPED 2023, arXiv:2307.03493, ita_activation; ${YOSYS}`,
    configuration: 'polynomial and requantization, 8 bits',
    ...{ lanes: 16, lut: 7411, lutram: 0, ff: 2174, dsp: 48, bram36: 0 },
    evidence: 'measured',
  },
];

const VERILATOR = "Verilator 5.006 on the peer's RTL, input always valid, output always ready";

/** Share of an array that does useful products in a job of a transformer. */
export interface PeerUtilization {
  readonly name: string;
  readonly source: string;
  readonly job: string;
  readonly cycles: number;
  readonly utilization: number;
  readonly evidence: Evidence;
  readonly note?: string;
}

export const peerUtilizations: readonly PeerUtilization[] = [
  {
    name: 'ITA',
    source: `ITA, ISLPED 2023, arXiv:2307.03493; ${VERILATOR}`,
    job: 'linear 192 to 192 of 197 tokens, padded to 256',
    ...{ cycles: 9286, utilization: 0.764 },
    evidence: 'measured',
  },
  {
    name: 'ITA',
    source: `ITA, ISLPED 2023, arXiv:2307.03493; ${VERILATOR}`,
    job: 'attention of one head of 64, 197 tokens padded to 256, projections and softmax inside',
    ...{ cycles: 20550, utilization: 0.696 },
    evidence: 'measured',
  },
  {
    name: 'ITA',
    source: `ITA, ISLPED 2023, arXiv:2307.03493; ${VERILATOR}`,
    job: 'MLP 192, 768, 192 of 197 tokens padded to 256',
    ...{ cycles: 73798, utilization: 0.769 },
    evidence: 'measured',
  },
  {
    name: 'axis-systolic-array',
    source: `abarajithan11/axis-systolic-array, 16 x 16; ${VERILATOR}`,
    job: 'linear 192 to 768 of 197 tokens, no operator beside the product',
    ...{ cycles: 119856, utilization: 0.947 },
    evidence: 'measured',
  },
  {
    name: 'Buck008',
    source: `Buck008, MM_ultra 16 x 16; ${VERILATOR}`,
    job: 'linear 192 to 192 of 197 tokens, loading and draining inside',
    ...{ cycles: 42966, utilization: 0.66 },
    evidence: 'measured',
  },
  {
    name: 'HG-PIPE',
    source: `hguq/HG-PIPE, MLP0_do_matmul; ${VERILATOR}`,
    job: 'linear 768 to 192 of 196 tokens, one stage of the pipeline alone',
    ...{ cycles: 50553, utilization: 0.9925 },
    evidence: 'measured',
    note: 'the pipeline waits for its slowest stage: 82.6 % of all its multipliers',
  },
];
