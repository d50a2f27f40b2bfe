import { globSync } from 'tinyglobby';

/** Every program text of this repository, by its path from the root. */
export const programs = (): string[] =>
  globSync([
    '{src,test,bench,scripts,workers,migrations,examples}/**/*.{ts,mjs,sh}',
    '*.ts',
  ]).sort();

/** One comment: where it begins, and its words on one line. */
export interface Comment {
  readonly line: number;
  readonly text: string;
}

/**
 * The comments of a TypeScript, JavaScript or shell text, and those of SQL
 * within it. Successive lines of `//`, `#` or `--` are one comment.
 */
export function commentsOf(source: string): Comment[] {
  return [...source.matchAll(COMMENT)].map((match) => ({
    line: source.slice(0, match.index).split('\n').length,
    text: match[0]
      .replaceAll(/^[ \t]*(?:\/\*\*?|\*\/|\*|\/\/|#|--)|\*\/$/gm, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  }));
}

/** A comment stands on lines of its own, or after code and a blank. */
const COMMENT =
  /^[ \t]*\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*(?:\n[ \t]*\/\/.*)*|^[ \t]*--\s.*(?:\n[ \t]*--\s.*)*|^[ \t]*#(?!!)\s.*(?:\n[ \t]*#\s.*)*|(?<=[ \t])\/\/ .*$/gm;
