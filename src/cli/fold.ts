import { type Screen, screenOf } from './screen.js';
import { widthOf } from './width.js';

/** A command in backticks is one word where it fits on a line: it is there to be copied. */
function wordsOf(text: string, room: number): string[] {
  const parts = text.match(/[^\s`]*`[^`]+`\S*|\S+|(?<= ) +/g) ?? [];
  return parts.flatMap((part) => (widthOf(part) <= room ? part : part.split(' ')));
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
  let isEmpty = true;
  for (const word of wordsOf(line.trimStart(), columns - indent.length)) {
    const longer = isEmpty ? `${current}${word}` : `${current} ${word}`;
    if (isEmpty || widthOf(longer) <= columns) current = longer;
    else {
      lines.push(current);
      current = `${indent}${word}`;
    }
    isEmpty = false;
  }
  return [...lines, current];
}
