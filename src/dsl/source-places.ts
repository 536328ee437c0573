import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Node, Project, type SourceFile, ts } from 'ts-morph';
import type { Place } from '../diagnostics/index.ts';

/** The source of a design and of the files it imports, read for the places of things in them. */
export interface Sources {
  /** Syntax errors of a file, in order. */
  syntaxErrors(file: string): readonly { readonly message: string; readonly place: Place }[];
  /** The start of the call that a stack frame points into; the frame's own place where none is found. */
  callStart(place: Place): Place;
  /** Places of the properties of the settings object of a call, by dotted path. */
  settings(place: Place): ReadonlyMap<string, Place>;
  /** Where a file imports `specifier`, or `name` from anywhere. */
  importOf(file: string, wanted: { specifier?: string; name?: string }): Place | undefined;
}

/** Sources below `folder`; all places and files are named from there. */
export function openSources(folder: string): Sources {
  // No type check and no library: only the syntax is asked for, which takes milliseconds.
  const project = new Project({
    useInMemoryFileSystem: true,
    compilerOptions: { noLib: true, noResolve: true, target: ts.ScriptTarget.ES2022 },
  });
  const open = (file: string): SourceFile | undefined => {
    const known = project.getSourceFile(`/${encodeURIComponent(file)}.ts`);
    if (known) return known;
    try {
      const text = readFileSync(path.resolve(folder, file), 'utf8');
      return project.createSourceFile(`/${encodeURIComponent(file)}.ts`, text);
    } catch {
      return undefined;
    }
  };
  const placeAt = (file: string, source: SourceFile, position: number): Place => {
    const { line, column } = source.getLineAndColumnAtPos(position);
    return Object.freeze({ file, line, column });
  };

  return {
    syntaxErrors(file) {
      const source = open(file);
      if (!source) return [];
      const found = project.getProgram().getSyntacticDiagnostics(source);
      return found.map((d) => ({
        message: ts.flattenDiagnosticMessageText(d.compilerObject.messageText, ' '),
        place: placeAt(file, source, d.getStart()),
      }));
    },
    callStart(place) {
      const source = open(place.file);
      const call = source && callAt(source, place);
      return call ? placeAt(place.file, source, call.getStart()) : place;
    },
    settings(place) {
      const found = new Map<string, Place>();
      const source = open(place.file);
      // `quant.preset` is given a name before them.
      const given = source ? (callAt(source, place)?.getArguments() ?? []) : [];
      const argument = given.find((one) => objectOf(one, 0));
      if (source && argument) {
        collect(argument, '', (name, node) => {
          found.set(name, placeAt(place.file, source, node.getStart()));
        });
      }
      return found;
    },
    importOf(file, wanted) {
      const source = open(file);
      for (const declaration of source?.getImportDeclarations() ?? []) {
        const named = declaration.getNamedImports().find((n) => n.getName() === wanted.name);
        const isWanted = declaration.getModuleSpecifierValue() === wanted.specifier;
        const node = named ?? (isWanted ? declaration.getModuleSpecifier() : undefined);
        if (node && source) return placeAt(file, source, node.getStart());
      }
      return undefined;
    },
  };
}

/** The innermost call whose callee (`vit`, or `tiny` of `deit.tiny`) stands at the place. */
function callAt(source: SourceFile, { line, column }: Place) {
  const start = source.compilerNode.getLineStarts()[line - 1];
  if (start === undefined) return undefined;
  const position = start + column - 1;
  let node = source.getDescendantAtPos(position);
  while (node) {
    if (Node.isCallExpression(node) && position < node.getExpression().getEnd()) return node;
    node = node.getParent();
  }
  return undefined;
}

/**
 * Visits every property of an object literal, those of nested ones under a dotted path. A name is
 * followed to the object that a declaration of the same file gives it; a later property replaces
 * an earlier one, as at run time.
 */
function collect(
  node: Node,
  prefix: string,
  visit: (name: string, node: Node) => void,
  depth = 0,
): void {
  const object = objectOf(node, depth);
  for (const property of object?.getProperties() ?? []) {
    if (Node.isSpreadAssignment(property)) {
      collect(property.getExpression(), prefix, visit, depth + 1);
    } else if (
      Node.isPropertyAssignment(property) ||
      Node.isShorthandPropertyAssignment(property)
    ) {
      const name = prefix + nameOf(property);
      visit(name, property);
      const value = Node.isPropertyAssignment(property)
        ? property.getInitializer()
        : property.getNameNode();
      if (value) collect(value, `${name}.`, visit, depth + 1);
    }
  }
}

const nameOf = (property: { getName(): string }) => property.getName().replace(/^['"]|['"]$/g, '');

/** The object literal that an expression stands for, as far as the syntax tells. */
function objectOf(node: Node, depth: number) {
  // Names that refer to each other in a circle cannot run; the bound is for files being edited.
  if (depth > 20) return undefined;
  const bare = withoutTypes(node);
  if (Node.isObjectLiteralExpression(bare)) return bare;
  if (!Node.isIdentifier(bare)) return undefined;
  for (const scope of bare.getAncestors()) {
    if (!Node.isStatemented(scope)) continue;
    const initializer = scope.getVariableDeclaration(bare.getText())?.getInitializer();
    if (initializer) {
      const value = withoutTypes(initializer);
      return Node.isObjectLiteralExpression(value) ? value : undefined;
    }
  }
  return undefined;
}

/** `({ ... } as const)` without what is there for the compiler alone. */
function withoutTypes(node: Node): Node {
  if (
    Node.isAsExpression(node) ||
    Node.isSatisfiesExpression(node) ||
    Node.isParenthesizedExpression(node)
  ) {
    return withoutTypes(node.getExpression());
  }
  return node;
}
