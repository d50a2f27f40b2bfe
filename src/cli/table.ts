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

/** Laid out at once: the layout looks at every row for each row, so a long table goes in pages. */
const PAGE_ROWS = 50;

/** Columns of text without lines, so that it can be cut and searched. Numbers go to the right. */
export function table(head: readonly string[], rows: readonly (string | number)[][]): string {
  const titles = head.map((title) => color.bold(title));
  const colAligns = head.map((_, i) => alignment(rows, i));
  const pages = pagesOf(rows);
  const widths = pages.length > 1 ? widest([widthsOf([titles]), ...pages.map(widthsOf)]) : [];
  const texts = pages.map((page, i) => {
    const view = laidOut(i === 0 ? titles : [], { colAligns, colWidths: widths });
    view.push(...page);
    return view.toString();
  });
  const lines = texts.join('\n').split('\n');
  return lines.map((line) => line.trimEnd()).join('\n');
}

function laidOut(head: string[], more: Partial<Table.TableConstructorOptions>): Table.Table {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };
  return new Table({ head, chars: NO_LINES, style, ...more });
}

/** At least one page, for the head of a table without rows. */
function pagesOf(rows: readonly (string | number)[][]): string[][][] {
  const pages: string[][][] = [];
  for (let at = 0; at === 0 || at < rows.length; at += PAGE_ROWS)
    pages.push(rows.slice(at, at + PAGE_ROWS).map((row) => row.map((cell) => shown(cell))));
  return pages;
}

/** Text in which every character takes one column. */
const PLAIN = /^[\x20-\x7e]*$/;

/** The widths the layout itself gives these rows; asked only where it is not plain. */
function widthsOf(page: readonly string[][]): number[] {
  if (page.every((row) => row.every((cell) => PLAIN.test(cell))))
    return widest(page.map((row) => row.map((cell) => cell.length)));
  const colWidths: number[] = [];
  const view = laidOut([], { colWidths });
  view.push(...page);
  view.toString();
  return (view as unknown as { options: { colWidths: number[] } }).options.colWidths;
}

function widest(pages: readonly number[][]): number[] {
  const widths: number[] = [];
  for (const page of pages)
    for (const [i, width] of page.entries()) widths[i] = Math.max(widths[i] ?? 0, width);
  return widths;
}

function alignment(rows: readonly (string | number)[][], column: number): 'right' | 'left' {
  return rows.length > 0 && rows.every((row) => isNumber(row[column])) ? 'right' : 'left';
}

function isNumber(cell: string | number | undefined): boolean {
  return typeof cell === 'number';
}

function shown(cell: string | number): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : shortLine(cell);
}
