import { readFileSync, statSync } from 'node:fs';
import type { HomePaths } from '../../config/home.js';
import { parseToml } from '../../config/toml.js';
import type { HomeWords } from './complete.js';
import { TableRows } from './table-rows.js';

/** Nobody looks through more than these. */
const MOST_WORDS = 1_000;
/** A larger config.toml is refused by every command. */
const MOST_CONFIG_BYTES = 4 * 1024 * 1024;

/**
 * Names that the home knows. Makes no file, takes no lock, and gives no words
 * of what cannot be read: whatever is wrong with the home is for commands to say.
 */
export function homeWords({ config, journalDb }: HomePaths): HomeWords {
  return {
    targets: () => offered([...declared(config), ...column(journalDb, 'target', 'name')]),
    types: () => offered(column(journalDb, 'origin', 'event_type')),
    projects: () => offered(column(journalDb, 'origin', 'project_uuid')),
  };
}

/** Words that a shell can insert as they are, or quote: what hides, or breaks the line, is left out. */
function offered(words: Iterable<string>): string[] {
  const known = new Set<string>();
  for (const word of words) {
    if (known.size >= MOST_WORDS) break;
    if (word !== '' && word.length <= 200 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(word)) known.add(word);
  }
  return [...known].sort();
}

function declared(config: string): string[] {
  try {
    if (statSync(config).size > MOST_CONFIG_BYTES) return [];
    const document = parseToml(readFileSync(config, 'utf8'));
    return [document.sync, document.redrain].flatMap((table) => {
      const { targets } = (table ?? {}) as { targets?: unknown };
      return typeof targets === 'object' && targets !== null ? Object.keys(targets) : [];
    });
  } catch {
    return [];
  }
}

function column(journal: string, table: string, name: string): string[] {
  try {
    if (!statSync(journal).isFile()) return [];
    const rows = new TableRows(journal);
    try {
      const words = new Set<string>();
      for (const [word] of rows.of(table, [name])) if (word) words.add(word);
      return [...words];
    } finally {
      rows.close();
    }
  } catch {
    return [];
  }
}
