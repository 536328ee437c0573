import {
  installHint,
  programVersion,
  systemTools,
  type Tool,
  ToolError,
  versionState,
} from '../tools/index.ts';

function catalogued(name: string): Tool {
  const tool = systemTools.find((t) => t.name === name);
  if (!tool) throw new Error(`${name} is not in the catalog of tools`);
  return tool;
}

/** The version of a tool that is needed. Throws `ToolError` when it is missing (VT601) or too old (VT602). */
export async function requireTool(name: string): Promise<string> {
  const tool = catalogued(name);
  const version = await programVersion(tool);
  const state = versionState(version, tool.minimum);
  if (version !== undefined && state === 'ok') return version;
  throw new ToolError({
    code: state === 'missing' ? 'VT601' : 'VT602',
    message:
      state === 'missing'
        ? `${tool.title} is not installed or not on the PATH.`
        : `${tool.title} is ${version}, older than ${tool.minimum}.`,
    hint: installHint(tool.command),
  });
}

/** The version of a tool that one can do without; absent when it is missing or too old. */
export async function optionalTool(name: string): Promise<string | undefined> {
  const tool = catalogued(name);
  const version = await programVersion(tool);
  return versionState(version, tool.minimum) === 'ok' ? version : undefined;
}

/** Messages of Verilator, one line each, without the source lines that follow them. */
export function verilatorMessages(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => /^%(Warning|Error)/.test(line))
    .filter((line) => !line.startsWith('%Error: Exiting due to'));
}
