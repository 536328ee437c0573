import { randomUUID } from 'node:crypto';
import { register as registerHook } from 'node:module';
import { pathToFileURL } from 'node:url';
import { register as registerTsx } from 'tsx/esm/api';

/** Marks the modules of designs, and the DSL they use, for tsx and for `resolve-hook.mjs`. */
const namespace = 'vitrum-design';

/**
 * Registered once a process, at the first design: a hook of Node cannot be taken back, and one
 * serves all designs. The resolve hook comes first, for it is to answer what tsx asks. No tsconfig
 * is read: a design means the same in every folder.
 */
const tsxOfDesigns = once(() => {
  const index = new URL('../index.ts', import.meta.url).href;
  registerHook(new URL('./resolve-hook.mjs', import.meta.url), { data: { namespace, index } });
  return registerTsx({ namespace, tsconfig: false });
});

/**
 * Imports a TypeScript file through tsx, and what it imports of its own, each time afresh; gives
 * its default export. The DSL in it is an instance of its own, the same for all designs. Throws
 * what the file throws.
 */
export async function evaluate(file: string): Promise<unknown> {
  const tsx = tsxOfDesigns();
  // A module is evaluated once for each URL; the hook hands the mark on to the files imported.
  const url = `${pathToFileURL(file).href}?load=${randomUUID()}`;
  // The importer is marked as well, so that the resolve hook acts on the design file itself.
  const importer = `${import.meta.url}?tsx-namespace=${namespace}`;
  const module: { default?: unknown } = await tsx.import(url, importer);
  return module.default;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
