import { safeParse } from 'valibot';
import { issueText } from './faults.js';
import { configSchema } from './schema.js';
import { mergeTables, tableOf } from './tables.js';
import { targetSchema, toDeclaredTarget } from './target-table.js';
import {
  BrokenTomlError,
  decodeToml,
  isTable,
  parseToml,
  spellKey,
  type TomlTable,
} from './toml.js';
import { entriesOf, scanToml } from './toml-scan.js';

/** One thing that is wrong with config.toml. */
export interface ConfigFault {
  /** 1-based; null where the file as a whole is wrong. */
  readonly line: number | null;
  /** What is wrong, the key included, without secrets. */
  readonly problem: string;
}

/** Every fault of the bytes of a config.toml, in the order of its lines. */
export function checkConfig(bytes: Uint8Array): ConfigFault[] {
  try {
    const text = decodeToml(bytes);
    const document = parseToml(text);
    const lines = new KeyLines(text);
    const found = [...wrongKeys(document), ...clashes(document), ...wrongTargets(document)];
    return found
      .map(({ path, problem }) => ({ line: lines.of(path), problem }))
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  } catch (error) {
    if (!(error instanceof BrokenTomlError)) throw error;
    return [{ line: error.line ?? null, problem: error.message }];
  }
}

interface Found {
  readonly path: readonly string[];
  readonly problem: string;
}

function wrongKeys(document: TomlTable): Found[] {
  const { issues = [] } = safeParse(configSchema, document);
  return issues.map((issue) => ({
    path: (issue.path ?? []).map(({ key }) => String(key)),
    problem: issueText(issue, []),
  }));
}

function clashes(document: TomlTable): Found[] {
  return mergeTables(document).clashes.map(({ path, keys }) => ({
    path,
    problem: `${keys} are both set: remove one of the two`,
  }));
}

function wrongTargets(document: TomlTable): Found[] {
  const { merged } = mergeTables(document);
  const targets = isTable(merged.targets) ? merged.targets : {};
  const wrong = Object.entries(targets).flatMap(([name, table]) => {
    const above = [tableOf(document, ['targets', name]), 'targets'];
    return wrongInTarget(name, table, above);
  });
  return [...wrong, ...wrongTarget(document, merged, targets)];
}

function wrongInTarget(name: string, table: unknown, above: readonly string[]): Found[] {
  const path = [...above, name];
  const { issues = [] } = safeParse(targetSchema, table);
  const { fault } = toDeclaredTarget(name, table, above);
  // What makes no sense together, or an invalid name, is said of the target as a whole.
  if (issues.length === 0)
    return fault === undefined ? [] : [{ path, problem: fault.replace(/[.]$/, '') }];
  return issues.map((issue) => ({
    path: [...path, ...(issue.path ?? []).map(({ key }) => String(key))],
    problem: issueText(issue, path),
  }));
}

/** The active target has to be there. */
function wrongTarget(document: TomlTable, merged: TomlTable, targets: TomlTable): Found[] {
  const { target } = merged;
  if (typeof target !== 'string' || target.trim() === '' || Object.hasOwn(targets, target))
    return [];
  const path = [tableOf(document, ['target']), 'target'];
  // Its name is not known here: it comes from its address.
  if (isTable(merged.external)) return [];
  return [
    { path, problem: `${spellKey(path)} names ${JSON.stringify(target)}, which is not declared` },
  ];
}

/** Where the keys of a TOML text stand. */
export class KeyLines {
  readonly #text: string;
  readonly #starts = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
    const sections = scanToml(text);
    for (const { path, headerStart } of sections) this.#put(path, headerStart);
    for (const { path, keyStart } of entriesOf(sections)) this.#put(path, keyStart);
  }

  /** The line of a key, or of what it stands in; null where not even a table is there. */
  of(path: readonly string[]): number | null {
    for (let length = path.length; length > 0; length--) {
      const start = this.#starts.get(JSON.stringify(path.slice(0, length)));
      if (start !== undefined) return this.#text.slice(0, start).split('\n').length;
    }
    return null;
  }

  #put(path: readonly string[], start: number): void {
    const key = JSON.stringify(path);
    if (path.length > 0 && !this.#starts.has(key)) this.#starts.set(key, start);
  }
}
