import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticsError } from '../diagnostics/index.ts';
import { type IntegerGraph, parseGraph, type TensorType } from '../ir/index.ts';
import { type Manifest, manifestSchema } from './manifest.ts';

/**
 * Reads what a build folder says about itself. Throws `DiagnosticsError`: VT503 the folder is no
 * build, VT504 its `vitrum.json` is damaged or a file that it names is missing.
 */
export function readManifest(folder: string): Manifest {
  const text = readPart(folder, 'vitrum.json', 'VT503');
  const parsed = manifestSchema.safeParse(parse(text));
  if (parsed.success) {
    const { verilog, memory } = parsed.data.files;
    const missing = [...verilog, ...memory].find((file) => !existsSync(join(folder, file)));
    if (missing) throw damaged(missing, 'it is missing');
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  throw damaged('vitrum.json', issue ? `${issue.path.join('.')}: ${issue.message}` : 'not JSON');
}

/** Reads the integer graph of a build folder. Throws like `readManifest`. */
export function readGraph(folder: string, file: string): IntegerGraph {
  const text = readPart(folder, file, 'VT504');
  try {
    const graph = parseGraph(text);
    if (isGraph(graph)) return graph;
  } catch {
    // Told below: it is the user's file that is damaged, not the program.
  }
  throw damaged(file, 'it is not an integer graph');
}

/** Whether text that parsed has the parts of a graph. Numbers are for the check stage. */
function isGraph(graph: Partial<IntegerGraph> | null): graph is IntegerGraph {
  const { input, nodes } = graph ?? {};
  const isTensor = (tensor: Partial<TensorType> | undefined) =>
    typeof tensor?.name === 'string' && Array.isArray(tensor.shape) && Boolean(tensor.format);
  return (
    isTensor(input?.tensor) &&
    Array.isArray(nodes) &&
    nodes.length > 0 &&
    nodes.every((node) => typeof node?.kind === 'string' && isTensor(node.output))
  );
}

function readPart(folder: string, file: string, code: 'VT503' | 'VT504'): string {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch {
    throw new DiagnosticsError([
      {
        code,
        message: `${folder} has no ${file}, so it is not a folder that vitrum build made.`,
        hint: 'Give a design (my.vit.ts), or the folder that vitrum build printed.',
      },
    ]);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(file: string, why: string): DiagnosticsError {
  const hint = 'Build the design again.';
  return new DiagnosticsError([
    { code: 'VT504', subject: file, message: `The file is damaged: ${why}.`, hint },
  ]);
}
