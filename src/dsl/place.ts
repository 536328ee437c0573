import { findSourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place } from '../diagnostics/index.ts';

/**
 * Where a DSL call stands. A stack is taken at the call, because a design may build its blocks in
 * loops and helper functions of other files: the stack names the call that ran, which no reading
 * of the source could. The line and column of the transpiled code are mapped back through the
 * source map that the loader leaves with Node. The places of single settings inside the call are
 * found later in the source itself (`source-places.ts`).
 */
export interface Call {
  /** The call; `file` is absolute until the design is finished by `relativePlace`. */
  readonly place: Place;
  /** Absolute folder of the file whose evaluation led to the call: the design file. */
  readonly folder: string;
}

const ownFolder = path.dirname(fileURLToPath(import.meta.url.replace(/[?#].*$/, '')));

/** More than the default 10 frames, so that the design file is reached through nested helpers. */
const frameLimit = 200;

/** The nearest call from outside this folder, or undefined where no such frame is known. */
export function captureCall(): Call | undefined {
  const frames = userFrames(captureSites());
  const [nearest] = frames;
  const outermost = frames.at(-1);
  if (!nearest || !outermost) return undefined;
  return { place: originalPlace(nearest), folder: path.dirname(outermost.path) };
}

/** The same place with its file named from a folder, with `/` on every system. */
export function relativePlace(place: Place, folder: string): Place {
  const file = path.relative(folder, place.file).split(path.sep).join('/');
  return Object.freeze({ file, line: place.line, column: place.column });
}

interface Frame {
  readonly path: string;
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

function captureSites(): readonly NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = frameLimit;
    return sitesOf(new Error('place')) ?? [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * V8 formats a stack when it is first read, through this hook where there is one. It is swapped for
 * the time of one synchronous read. Undefined where the stack was formatted before.
 */
function sitesOf(error: Error): readonly NodeJS.CallSite[] | undefined {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_error, sites) => sites;
    const stack: unknown = error.stack;
    return Array.isArray(stack) ? stack : undefined;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** Where an error came from: the nearest frame in a file of the user. */
export function errorPlace(error: Error): Place | undefined {
  const sites = sitesOf(error);
  const [nearest] = userFrames(sites ?? []);
  return nearest ? originalPlace(nearest) : placeInText(String(error.stack));
}

/** Frames of the user's own files, nearest first, up to where the stack turns asynchronous. */
function userFrames(sites: readonly NodeJS.CallSite[]): readonly Frame[] {
  const frames: Frame[] = [];
  for (const site of sites) {
    const waiting = (site as { isAsync?: () => boolean }).isAsync?.() ?? false;
    if (waiting && frames.length > 0) break;
    const source = site.getFileName();
    const file = source ? filePath(source) : undefined;
    if (!source || !file || !isUserFile(file)) continue;
    const line = site.getLineNumber() ?? 1;
    const column = site.getColumnNumber() ?? 1;
    frames.push({ path: file, source, line, column });
  }
  return frames;
}

const isUserFile = (file: string) =>
  !path.dirname(file).startsWith(ownFolder) && !file.includes(`${path.sep}node_modules${path.sep}`);

/** `file:///a/b.ts?x` and `/a/b.ts` as a path; undefined for Node's own modules and evaluated code. */
export function filePath(source: string): string | undefined {
  if (source.startsWith('file:')) return fileURLToPath(source.replace(/[?#].*$/, ''));
  return path.isAbsolute(source) ? source.replace(/\?.*$/, '') : undefined;
}

function originalPlace(frame: Frame): Place {
  return mapPlace(frame.source, frame.path, frame.line, frame.column);
}

/** The place in the source that was transpiled, where a source map is known; else as it is. */
export function mapPlace(source: string, file: string, line: number, column: number): Place {
  const entry = findSourceMap(source)?.findEntry(line - 1, column - 1);
  if (entry && 'originalLine' in entry) {
    return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }
  return { file, line, column };
}

/** The same from a formatted stack, in which Node has mapped the places already. */
function placeInText(stack: string): Place | undefined {
  for (const [, source = '', line, column] of stack.matchAll(
    /^ +at .*?(?:\(|at )?((?:file:|\/).*):(\d+):(\d+)\)?$/gm,
  )) {
    const file = filePath(source);
    if (!file || !isUserFile(file)) continue;
    const mapped = !source.includes('?');
    const place = { file, line: Number(line), column: Number(column) };
    return mapped ? place : mapPlace(source, file, place.line, place.column);
  }
  return undefined;
}
