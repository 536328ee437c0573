/** Printed between elaboration, whose warnings are the design's, and mapping, whose are Yosys's own. */
export const ELABORATED = 'VITRUM: elaborated';

/** Where the npm Yosys writes its statistics, in its virtual file system. */
export const PACKAGED_STATISTICS = 'statistics.json';

/** Yosys families; resources of the open families are counted as UltraScale+ unless asked otherwise. */
export type YosysFamily = 'xcup' | 'xcu' | 'xc7';

export interface ScriptOptions {
  readonly files: readonly string[];
  readonly top: string;
  readonly family: YosysFamily;
  /** Dissolve the hierarchy: fewer LUTs, but no numbers by module. */
  readonly flatten: boolean;
  /** Let memories lie in UltraRAM: those that ask for it, and those that are large enough. */
  readonly ultraRam?: boolean | undefined;
  /** Where `stat -json` goes. */
  readonly statistics: string;
}

/**
 * The Yosys script. `proc; check` before mapping, because optimization silently turns an undriven
 * net into a constant and would hide it. `-defer`, because a module whose memory file is a parameter
 * has no meaning with its default value.
 */
export function synthesisScript(options: ScriptOptions): string {
  const { files, top, family, flatten, ultraRam = false, statistics } = options;
  const flags = [...(flatten ? ['-flatten'] : []), ...(ultraRam ? ['-uram'] : [])];
  const lines = [
    // Ports of the primitives that a design may instantiate.
    'read_verilog -lib +/xilinx/cells_xtra.v',
    ...files.map((file) => `read_verilog -defer ${quote(file)}`),
    `hierarchy -check -top ${top}`,
    'proc',
    'check',
    `log ${ELABORATED}`,
    `synth_xilinx -family ${family} -top ${top} ${['-noiopad', '-noclkbuf', ...flags].join(' ')}`,
    'check',
    `tee -q -o ${quote(statistics)} stat -json`,
  ];
  return `${lines.join('\n')}\n`;
}

function quote(path: string): string {
  return `"${path}"`;
}
