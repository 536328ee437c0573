import type { Utilization } from './report.ts';

export const NOTHING: Utilization = { lut: 0, lutram: 0, ff: 0, dsp: 0, bram36: 0, uram: 0 };

/** LUTs that one memory primitive occupies (UG574, table of distributed RAM configurations). */
const LUTRAM_LUTS: Readonly<Record<string, number>> = {
  RAM32X1S: 1,
  RAM32X1D: 2,
  RAM32M: 4,
  RAM32M16: 8,
  RAM32X16DR8: 8,
  RAM64X1S: 1,
  RAM64X1D: 2,
  RAM64M: 4,
  RAM64M8: 8,
  RAM64X8SW: 8,
  RAM128X1S: 2,
  RAM128X1D: 4,
  RAM256X1S: 4,
  RAM256X1D: 8,
  RAM512X1S: 8,
  SRL16: 1,
  SRL16E: 1,
  SRLC16: 1,
  SRLC16E: 1,
  SRLC32E: 1,
};

/** Cells that take no resource which is counted here. */
const UNCOUNTED =
  /^(INV|BUF[A-Z]*|[IO]BUF[A-Z]*|GND|VCC|CARRY4|CARRY8|MUXF[789]|MUXCY|XORCY|\$scopeinfo)$/;

const LATCH = /^(LD[CP]E?|LD|LDCPE|\$_?dlatch.*|\$_DLATCH.*|\$_SR_.*|\$sr)$/i;

const FLIP_FLOP = /^FD[RSCP]E?(_1)?$/;

/** What one cell of a primitive type uses; absent when the type is not known. */
export function cellUtilization(type: string): Utilization | undefined {
  if (/^LUT[1-6]$/.test(type)) return { ...NOTHING, lut: 1 };
  if (type === 'LUT6_2') return { ...NOTHING, lut: 1 };
  const luts = LUTRAM_LUTS[type.replace(/_1$/, '')];
  if (luts !== undefined) return { ...NOTHING, lutram: luts };
  if (FLIP_FLOP.test(type)) return { ...NOTHING, ff: 1 };
  if (/^DSP(48E[12]|58)$/.test(type)) return { ...NOTHING, dsp: 1 };
  if (/^RAMB36E[125]$/.test(type)) return { ...NOTHING, bram36: 1 };
  if (/^RAMB18E[125]$/.test(type)) return { ...NOTHING, bram36: 0.5 };
  if (/^URAM288/.test(type)) return { ...NOTHING, uram: 1 };
  if (isLatch(type) || UNCOUNTED.test(type)) return NOTHING;
  return undefined;
}

export function isLatch(type: string): boolean {
  return LATCH.test(type);
}

/** `a + times * b` */
export function addUtilization(a: Utilization, b: Utilization, times = 1): Utilization {
  return {
    lut: a.lut + times * b.lut,
    lutram: a.lutram + times * b.lutram,
    ff: a.ff + times * b.ff,
    dsp: a.dsp + times * b.dsp,
    bram36: a.bram36 + times * b.bram36,
    uram: a.uram + times * b.uram,
  };
}
