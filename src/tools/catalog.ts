import { readFileSync } from 'node:fs';
import { z } from 'zod';

const toolSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  command: z.string(),
  versionArgs: z.array(z.string()),
  versionPattern: z.string(),
  minimum: z.string(),
  neededBy: z.array(z.enum(['sim', 'synth'])),
  gives: z.string(),
  apt: z.string(),
  brew: z.string(),
});

/** A program that is installed by a package manager: how to find it and what it is good for. */
export type Tool = z.infer<typeof toolSchema>;

/**
 * The system tools, from `tools.json`. That file is JSON and not code so that `scripts/setup.mjs`
 * can read it before any npm package is installed.
 */
export const systemTools: readonly Tool[] = z
  .array(toolSchema)
  .parse(JSON.parse(readFileSync(new URL('./tools.json', import.meta.url), 'utf8')));

/** One command that installs the given packages on this platform. */
export function installCommand(
  tools: readonly Pick<Tool, 'apt' | 'brew'>[],
  platform: NodeJS.Platform = process.platform,
): string {
  return platform === 'darwin'
    ? `brew install ${tools.map((t) => t.brew).join(' ')}`
    : `sudo apt-get install -y --no-install-recommends ${tools.map((t) => t.apt).join(' ')}`;
}

/** The install command for a program by its command name, where the catalog knows it. */
export function installHint(command: string): string {
  const tool = systemTools.find((t) => t.command === command);
  if (tool) return `Install it with: ${installCommand([tool])}`;
  if (command === 'yosys') {
    return 'Leave out --native: the Yosys of the npm packages needs no installation.';
  }
  return `Install ${command} and put it on the PATH.`;
}
