import { type Screen, screenOf } from './screen.js';
import { widthOf } from './width.js';

/**
 * Words, each with the blanks before it. A command in backticks is one word where
 * it fits on a line: it is there to be copied.
 */
function wordsOf(text: string, room: number): string[] {
  const words = text.match(/ *(?:[^\s`]*`[^`]+`\S*|\S+)/g) ?? [];
  return words.flatMap((word) =>
    widthOf(word.trimStart()) <= room ? word : (word.match(/ *\S+/g) ?? []),
  );
}

/**
 * Breaks lines that are wider than a terminal between words, what follows
 * indented as `indentOf` says; a word that is wider stays whole.
 */
export function fold(text: string, columns: number, indentOf: (line: string) => number): string {
  return text
    .split('\n')
    .flatMap((line) => foldLine(line, columns, indentOf(line)))
    .join('\n');
}

/** The same for the terminal that shows the result; a pipe or a file gets whole lines. */
export function forScreen(
  text: string,
  indentOf: (line: string) => number = hanging,
  { columns }: Pick<Screen, 'columns'> = screenOf(),
): string {
  return Number.isFinite(columns) ? fold(text, columns, indentOf) : text;
}

/** Two columns further in than the line itself. */
const hanging = (line: string): number => line.search(/\S|$/) + 2;

function foldLine(line: string, columns: number, wanted: number): string[] {
  if (widthOf(line) <= columns) return [line];
  // A narrow screen has no room for a deep indent.
  const indent = ' '.repeat(Math.min(wanted, Math.floor(columns / 3)));
  const lines: string[] = [];
  let current = line.slice(0, Math.max(0, line.search(/\S/)));
  for (const [i, word] of wordsOf(line.trimStart(), columns - indent.length).entries()) {
    if (i === 0 || widthOf(current) + widthOf(word) <= columns) current += word;
    else {
      lines.push(current);
      current = `${indent}${word.trimStart()}`;
    }
  }
  return [...lines, current];
}
