import { isatty } from 'node:tty';
import { grouped } from '../base/grouped.js';
import { stderr, stdout } from '../output/standard.js';
import { aside } from './aside.js';
import { errorColor, forTerminal, jsonForTerminal, jsonText, oneLine } from './color.js';
import { UsageError } from './failure.js';
import { forScreen } from './fold.js';
import { screenOf } from './screen.js';

/** Forms of a list: a table for people, the others for programs. */
export const OUTPUT_FORMS = ['table', 'json', 'jsonl', 'csv'] as const;
export type OutputForm = (typeof OUTPUT_FORMS)[number];

export interface GlobalOptions {
  readonly home?: string;
  readonly json?: boolean;
  /** Of a command that lists. */
  readonly output?: OutputForm;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly unsafeHome?: boolean;
}

/** @throws UsageError when `--json` and `--output` ask for different forms. */
export function assertOneForm({ json, output }: GlobalOptions): void {
  if (json === true && output !== undefined && output !== 'json')
    throw new UsageError(`--json and --output ${output} are two forms: use one of them`);
}

/** What a command says: one document or text on stdout, everything else on stderr. */
export class Output {
  readonly form: OutputForm;
  /** True when one document is wanted. */
  readonly json: boolean;
  readonly verbose: boolean;
  readonly #quiet: boolean;
  readonly #options: GlobalOptions;

  constructor(options: GlobalOptions) {
    this.#options = options;
    this.form = options.output ?? (options.json === true ? 'json' : 'table');
    this.json = this.form === 'json';
    this.verbose = options.verbose === true;
    this.#quiet = options.quiet === true;
  }

  /** True when somebody watches: progress, colour and questions make sense. */
  get isInteractive(): boolean {
    return isatty(2) && this.form === 'table' && !this.#quiet;
  }

  /** The result: `document` for machines, `text` for people. */
  result(document: unknown, text: () => string): void {
    if (this.json) stdout().write(`${jsonForTerminal(document)}\n`);
    else if (!this.#quiet) aside(() => stdout().write(`${forTerminal(forScreen(text()))}\n`));
  }

  /** Part of a result that comes bit by bit, for people; machines get the document at the end. */
  line(text: string): void {
    if (!this.json && !this.#quiet)
      aside(() => stdout().write(`${forTerminal(forScreen(text))}\n`));
  }

  /** The same, with a name before every warning. */
  about(name: string): Output {
    const about = new Output(this.#options);
    about.warn = (line) => this.warn(`${name}: ${line}`);
    return about;
  }

  /** One JSON text for each value. */
  jsonLines(values: readonly unknown[]): void {
    for (const value of values) stdout().write(`${jsonText(JSON.stringify(value))}\n`);
  }

  /** Lines for programs, written also with --quiet. */
  lines(texts: readonly string[]): void {
    for (const text of texts) stdout().write(`${text}\n`);
  }

  note(line: string): void {
    if (!this.#quiet) remark(line);
  }

  /** Shown whatever the options say. */
  warn(line: string): void {
    remark(errorColor.yellow(oneLine(line)));
  }

  error(line: string): void {
    remark(`${errorColor.red('error:')} ${oneLine(line)}`);
  }

  /** With --json there is one document on stdout also when the command has no result to show. */
  failure(message: string, exitCode: number): void {
    if (this.json) this.result({ error: message, exit_code: exitCode }, () => message);
  }
}

/** A line on stderr, which is a terminal of its own. */
function remark(line: string): void {
  const text = forScreen(line, undefined, screenOf(process.stderr));
  aside(() => stderr().write(`${forTerminal(text)}\n`));
}

/** `1 event`, `2 events`. */
export function count(n: number, noun: string): string {
  return `${grouped(n)} ${n === 1 ? noun : plural(noun)}`;
}

const plural = (noun: string): string => `${noun.replace(/(?<=[^aeiou])y$/, 'ie')}s`;

/** Bytes for people, in binary units. */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(Math.floor(Math.log2(Math.max(n, 1)) / 10), units.length - 1);
  return `${(n / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

/** An ISO time, or the number itself where no date is so far away: one odd row hides no other. */
export function shownTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `unreadable (${ms})` : date.toISOString();
}
