import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/** One import, re-export or dynamic import of a source file. */
export interface SourceImport {
  readonly file: string;
  /** A source file (`src/…/x.ts`), or the name of a package or of a part of Node. */
  readonly target: string;
  /** Erased by the compiler: says what is known of another part, and loads nothing. */
  readonly typeOnly: boolean;
}

/** Every TypeScript file below these folders, as paths from the root of the repository. */
export function sourceFiles(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    listing(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name).split(sep).join('/')),
  );
}

/** All imports below these folders. */
export function sourceImports(...folders: string[]): SourceImport[] {
  return sourceFiles(...folders).flatMap((file) => importsOf(file, readFileSync(file, 'utf8')));
}

const STATIC = /^(?:import|export)\s+(type\s+)?([^;'"]*?from\s+)?(['"])([^'"]+)\3/gm;
const DYNAMIC = /(?<!typeof )\bimport\(\s*(['"])([^'"]+)\1/g;

export function importsOf(file: string, source: string): SourceImport[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const found: SourceImport[] = [];
  for (const [, type, names, , specifier] of code.matchAll(STATIC)) {
    const typeOnly = type !== undefined || onlyTypes(names ?? '');
    found.push({ file, target: resolved(file, specifier ?? ''), typeOnly });
  }
  for (const [, , specifier] of code.matchAll(DYNAMIC))
    found.push({ file, target: resolved(file, specifier ?? ''), typeOnly: false });
  return found;
}

/** `{ type A, type B } from` with nothing but types. */
function onlyTypes(clause: string): boolean {
  const names = /^\{([^}]*)\}/.exec(clause.trim())?.[1]?.split(',') ?? [];
  const given = names.map((name) => name.trim()).filter((name) => name !== '');
  return given.length > 0 && given.every((name) => name.startsWith('type '));
}

function resolved(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = normalize(join(dirname(file), specifier))
    .split(sep)
    .join('/');
  return path.replace(/\.js$/, '.ts');
}

/** The domain a source file belongs to: its folder below `src`, or the file itself. */
export function domainOf(file: string): string {
  return /^src\/([^/]+)\//.exec(file)?.[1] ?? file;
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
