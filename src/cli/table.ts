import { grouped } from '../base/grouped.js';
import { timeText } from './ago.js';
import { color, isolated, shortLine } from './color.js';
import { type Screen, screenOf } from './screen.js';
import { cutEnd, cutMiddle, padded, widthOf, wrapped } from './width.js';

/** What stands in a cell: null and false show as nothing. */
export type Value = string | number | null;

/** One column of a list, declared once for every form of output. */
export interface Column<Row> {
  /** Its name in the first line of CSV. */
  readonly key: string;
  /** Its name in a table. */
  readonly heading: string;
  readonly value: (row: Row) => Value;
  /** ISO 8601 or epoch milliseconds; `2m ago` on a terminal. */
  readonly isTime?: boolean;
  /** How a value may give way on a narrow screen; one that says nothing of it stays whole. */
  readonly shrink?: Shrink;
  /** Left out of a table in which no row has a value. */
  readonly isOptional?: boolean;
  /** Colour, for values whose words say the same. */
  readonly paint?: (row: Row) => ((text: string) => string) | undefined;
}

/** Cut at its end, in its middle, or folded into several lines; never narrower than `least`. */
export interface Shrink {
  readonly how: 'end' | 'middle' | 'fold';
  readonly least: number;
  /** True for what gives way only after the other columns did. */
  readonly isLast?: boolean;
}

const GAP = 2;

/** A column with its texts, as wide as it is to be shown. */
interface Laid<Row> {
  readonly column: Column<Row>;
  readonly texts: readonly string[];
  readonly align: 'left' | 'right';
  readonly width: number;
}

/**
 * Columns of text without lines, so that it can be cut, searched and read aloud.
 * It is never wider than the screen: columns shrink as they say, and where that
 * is not enough each row becomes a few lines, one for each value.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  screen: Screen = screenOf(),
): string {
  const natural = columns
    .map((column) => measured(column, rows, screen))
    .filter(({ column, texts }) => column.isOptional !== true || texts.some((text) => text !== ''));
  const narrow = fitted(natural, screen.columns);
  const lines = narrow === undefined ? records(natural, rows, screen) : grid(narrow, rows, screen);
  return lines.map((line) => line.trimEnd()).join('\n');
}

function measured<Row>(column: Column<Row>, rows: readonly Row[], screen: Screen): Laid<Row> {
  const values = rows.map((row) => column.value(row));
  const texts = values.map((value) => shown(value, column.isTime === true, screen));
  const width = texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
  const isNumeric = values.length > 0 && values.every((value) => typeof value === 'number');
  const align = isNumeric && column.isTime !== true ? 'right' : 'left';
  return { column, texts, align, width: Math.max(width, widthOf(column.heading)) };
}

function shown(value: Value, isTime: boolean, screen: Screen): string {
  if (value === null) return '';
  if (isTime) return timeText(value, screen);
  return typeof value === 'number' ? grouped(value) : shortLine(value);
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, GAP * Math.max(0, widths.length - 1));

/** The widest give way first; undefined where all of them have and it is still too wide. */
function fitted<Row>(laid: readonly Laid<Row>[], room: number): Laid<Row>[] | undefined {
  const widths = laid.map(({ width }) => width);
  for (const isLast of [false, true]) {
    while (total(widths) > room) {
      const widest = widestThatShrinks(laid, widths, isLast);
      if (widest === undefined) break;
      widths[widest] = (widths[widest] as number) - 1;
    }
  }
  if (total(widths) > room) return undefined;
  return laid.map((one, i) => ({ ...one, width: widths[i] as number }));
}

function widestThatShrinks<Row>(
  laid: readonly Laid<Row>[],
  widths: readonly number[],
  isLast: boolean,
): number | undefined {
  let found: number | undefined;
  for (const [i, { column }] of laid.entries()) {
    const { shrink, heading } = column;
    if (shrink === undefined || (shrink.isLast === true) !== isLast) continue;
    const width = widths[i] as number;
    if (width <= Math.max(shrink.least, widthOf(heading))) continue;
    if (found === undefined || width > (widths[found] as number)) found = i;
  }
  return found;
}

function grid<Row>(laid: readonly Laid<Row>[], rows: readonly Row[], screen: Screen): string[] {
  const head = laid.map(({ column, width, align }, i) => {
    const isOpen = i === laid.length - 1 && align === 'left';
    return color.bold(isOpen ? column.heading : padded(column.heading, width, align));
  });
  const body = rows.flatMap((row, i) => {
    const cells = laid.map((one) => cellLines(one, one.texts[i] as string));
    const height = Math.max(1, ...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, at) =>
      laid.map((one, c) => painted(one, row, cells[c]?.[at] ?? '', screen)).join(' '.repeat(GAP)),
    );
  });
  return [head.join(' '.repeat(GAP)), ...body];
}

function cellLines<Row>({ column, width }: Laid<Row>, text: string): string[] {
  if (widthOf(text) <= width) return [text];
  if (column.shrink?.how === 'fold') return wrapped(text, width);
  return [column.shrink?.how === 'middle' ? cutMiddle(text, width) : cutEnd(text, width)];
}

function painted<Row>(laid: Laid<Row>, row: Row, text: string, screen: Screen): string {
  const { column, width, align } = laid;
  const paint = column.paint?.(row) ?? String;
  const cell = screen.isTerminal ? isolated(text) : text;
  const blanks = padded('', width - widthOf(text));
  return align === 'left' ? `${paint(cell)}${blanks}` : `${blanks}${paint(cell)}`;
}

/** For a screen that is narrower than the table can be. */
function records<Row>(laid: readonly Laid<Row>[], rows: readonly Row[], screen: Screen): string[] {
  const name = Math.max(0, ...laid.map(({ column }) => widthOf(column.heading)));
  const room = Math.max(1, screen.columns - name - GAP);
  return rows.flatMap((row, i) => [
    ...(i === 0 ? [] : ['']),
    ...laid.flatMap((one) => {
      const text = one.texts[i] as string;
      if (text === '') return [];
      const paint = one.column.paint?.(row) ?? String;
      return wrapped(text, room).map((line, at) => {
        const heading = padded(at === 0 ? one.column.heading : '', name + GAP);
        return `${at === 0 ? color.bold(heading) : heading}${paint(isolated(line))}`;
      });
    }),
  ]);
}
