import { type Command, Option } from 'commander';
import { visible } from '../base/visible.js';
import { timeText } from './ago.js';
import { OUTPUT_FORMS, type Output } from './output.js';
import { type Column, table } from './table.js';

const FILE = { isTerminal: false };

/** What a list command shows, whatever form is asked for. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What `--output json` and `--json` write. */
  readonly document: unknown;
  /** One line of `--output jsonl`; the row itself when left out. */
  readonly jsonOf?: (row: Row) => unknown;
  /** In place of a table without rows. */
  readonly empty: string;
  /** Lines around a table; not shown in the other forms. */
  readonly before?: () => readonly string[];
  readonly after?: () => readonly string[];
}

/** Declares `--output` for a command whose result is a list. */
export function addOutput(command: Command): Command {
  return command.addOption(
    new Option('--output <form>', 'table for people; json, jsonl or csv for programs').choices(
      OUTPUT_FORMS,
    ),
  );
}

/** Shows a list in the form that the command line asks for. */
export function showList<Row>(output: Output, listing: Listing<Row>): void {
  const { rows, columns, document, jsonOf = (row: Row) => row } = listing;
  if (output.form === 'jsonl') output.jsonLines(rows.map(jsonOf));
  else if (output.form === 'csv')
    output.lines([csvHead(columns), ...rows.map((row) => csvLine(columns, row))]);
  else output.result(document, () => listText(listing));
}

function listText<Row>({ rows, columns, empty, before, after }: Listing<Row>): string {
  const body = rows.length === 0 ? empty : table(columns, rows);
  return [...(before?.() ?? []), body, ...(after?.() ?? [])].join('\n');
}

/**
 * RFC 4180 with one line for each row: numbers and ISO times as they are, nothing
 * for null, and control characters spelled out, as a terminal may show it.
 */
export function csvLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  return columns.map((column) => csvCell(column, row)).join(',');
}

/** The first line of CSV. */
export function csvHead<Row>(columns: readonly Column<Row>[]): string {
  return columns.map(({ key }) => key).join(',');
}

function csvCell<Row>({ value, isTime }: Column<Row>, row: Row): string {
  const cell = value(row) ?? '';
  const text = visible(isTime === true ? timeText(cell, FILE) : String(cell));
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
