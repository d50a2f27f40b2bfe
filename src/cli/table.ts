import Table from 'cli-table3';
import { color, shortLine } from './color.js';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns of text without lines, so that it can be cut and searched. Numbers go to the right. */
export function table(head: readonly string[], rows: readonly (string | number)[][]): string {
  const right = head.map((_, i) => rows.length > 0 && rows.every((row) => isNumber(row[i])));
  const view = new Table({
    head: head.map((title) => color.bold(title)),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: right.map((isRight) => (isRight ? 'right' : 'left')),
  });
  // One by one: a call has room for some hundred thousand arguments only.
  for (const row of rows) view.push(row.map((cell) => shown(cell)));
  const lines = view.toString().split('\n');
  return lines.map((line) => line.trimEnd()).join('\n');
}

function isNumber(cell: string | number | undefined): boolean {
  return typeof cell === 'number';
}

function shown(cell: string | number): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : shortLine(cell);
}
