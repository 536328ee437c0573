import { readFileSync } from 'node:fs';

const { version: own } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** Version of this package, as printed in everything it generates. */
export const version: string = own;
