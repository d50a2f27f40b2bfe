import { stripVTControlCharacters } from 'node:util';

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
export function forScreen(text: string, indentOf: (line: string) => number): string {
  const { isTTY, columns } = process.stdout;
  return isTTY === true && columns > 0 ? fold(text, columns, indentOf) : text;
}

const widthOf = (text: string): number => stripVTControlCharacters(text).length;

function foldLine(line: string, columns: number, indent: number): string[] {
  if (widthOf(line) <= columns) return [line];
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (widthOf(longer) <= columns || widthOf(current) <= indent) current = longer;
    else {
      lines.push(current);
      current = `${' '.repeat(indent)}${word}`;
    }
  }
  return [...lines, current];
}
