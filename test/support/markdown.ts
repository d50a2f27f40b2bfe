import { readFileSync } from 'node:fs';

/** A document of this repository, by its path from the root. */
export const documentText = (path: string): string => readFileSync(path, 'utf8');

/** One row of a table: its cells, and every name in backticks of the first. */
export interface MarkdownRow {
  readonly names: readonly string[];
  readonly cells: readonly string[];
}

/** The rows of all tables whose first column is called so. */
export function rowsOf(text: string, column: string): MarkdownRow[] {
  const blocks = text.matchAll(/^\|.*\|\n\|[-|]+\|\n(?:\|.*\|\n)*/gm);
  return [...blocks].flatMap(([block]) => {
    const [header, , ...rows] = block.trimEnd().split('\n').map(cellsOf);
    if (header?.[0] !== column) return [];
    return rows.map((cells) => ({ names: namesIn(cells[0] ?? ''), cells }));
  });
}

/** The fenced blocks of one language. */
export function codeBlocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , code]) => code ?? '');
}

/** Every name in backticks. */
export const namesIn = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');

/** `\|` is a bar within a cell. */
const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
