/** Printed between elaboration, whose warnings are the design's, and mapping, whose are Yosys's own. */
export const ELABORATED = 'VITRUM: elaborated';

/** Where the npm Yosys writes its result, in its virtual file system. */
export const PACKAGED_RESULT = 'result';

/** Yosys families; resources of the open families are counted as UltraScale+ unless asked otherwise. */
export type YosysFamily = 'xcup' | 'xc7';

/**
 * Reads and elaborates. `proc; check` before mapping, because optimization silently turns an
 * undriven net into a constant and would hide it. `-defer`, because a module whose memory file is a
 * parameter has no meaning with its default value.
 */
export function elaborationScript(files: readonly string[], top: string): string[] {
  return [
    // Ports of the primitives that a design may instantiate.
    'read_verilog -lib +/xilinx/cells_xtra.v',
    ...files.map((file) => `read_verilog -defer ${quote(file)}`),
    `hierarchy -check -top ${top}`,
    'proc',
    'check',
    `log ${ELABORATED}`,
  ];
}

/** Maps what is read, the hierarchy dissolved but where a module asks to be kept, and counts it. */
export function mappingScript(top: string, family: YosysFamily, result: string): string[] {
  return [mapCommand(top, family), 'check', `tee -q -o ${quote(result)} stat -json`];
}

/** UltraRAM is for memories that ask for it, so `-uram`, which moves others there, is left out. */
function mapCommand(top: string, family: YosysFamily): string {
  return `synth_xilinx -family ${family} -top ${top} -noiopad -noclkbuf -flatten`;
}

export function quote(path: string): string {
  return `"${path}"`;
}

/** A script of one command a line. */
export function scriptText(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
