/** Where the command line writes, replaceable in tests. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Stderr where people watch it: then a running step is shown before it is done. */
  readonly terminal?: NodeJS.WriteStream | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function processIo(): Io {
  const { stderr } = process;
  // A terminal that does not say how wide it is cannot have a line written again.
  const isWatched = stderr.isTTY && stderr.columns > 0 && process.env.CI === undefined;
  return {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => stderr.write(text),
    terminal: isWatched ? stderr : undefined,
    env: process.env,
  };
}
