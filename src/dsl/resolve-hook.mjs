// A resolve hook of Node, run in Node's hooks thread and so plain JavaScript. It acts on the
// modules of designs alone, which tsx marks with a namespace in their URL, and does what tsx
// leaves open:
// - `vitrum` is this package, also for a design outside any project that has it installed;
// - a TypeScript file is an ES module, also where no package.json says `"type": "module"`;
// - the mark of one loading, `?load=`, goes on to the files that a design imports.
// It is registered before tsx's own hooks, which therefore ask it for what they look for.
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let settings = { namespace: '', index: '' };

/** @param {{ namespace: string, index: string }} data */
export function initialize(data) {
  settings = data;
}

export function resolve(specifier, context, nextResolve) {
  const parent = context.parentURL;
  if (!parent?.includes(`tsx-namespace=${settings.namespace}`)) {
    return nextResolve(specifier, context);
  }
  if (specifier === 'vitrum') return module(settings.index);
  const file = typeScriptFile(specifier, parent);
  return file ? module(file) : nextResolve(specifier, context);
}

const module = (url) => ({ url, format: 'module', shortCircuit: true });

function typeScriptFile(specifier, parent) {
  if (!/^(\.{0,2}\/|file:)/.test(specifier)) return undefined;
  const url = new URL(specifier, parent);
  if (url.protocol !== 'file:' || !/\.m?ts$/.test(url.pathname)) return undefined;
  if (url.pathname.includes('/node_modules/')) return undefined;
  if (!statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile()) return undefined;
  const load = new URL(parent).searchParams.get('load');
  if (load) url.searchParams.set('load', load);
  return url.href;
}
