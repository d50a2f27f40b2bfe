import type { Check } from '../app/doctor/check.js';
import { withTimes } from './ago.js';
import { color } from './color.js';
import { forScreen } from './fold.js';
import { count } from './output.js';

/** What was looked at; `ok` is false when any of it is a problem. */
interface Checked {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** Folded below where the messages begin. */
export const indented = (text: string): string => forScreen(text, () => 25);

/** One line for each thing that was looked at, what to do below it, and a verdict. */
export function checkLines({ checks, ok }: Checked): string {
  return [...checks.map(sentence), verdict(checks, ok)].join('\n');
}

/** "Nothing is wrong" only where nothing is: a warning is not a failure and no comfort either. */
function verdict(checks: readonly Check[], ok: boolean): string {
  const number = (wanted: Check['status']): number =>
    checks.filter(({ status }) => status === wanted).length;
  if (!ok) return color.red(count(number('problem'), 'problem'));
  const warnings = number('warning');
  if (warnings > 0) return color.yellow(`no problem, ${count(warnings, 'warning')}`);
  return color.green('nothing is wrong');
}

const MARKS: Readonly<Record<Check['status'], string>> = {
  ok: color.green('ok      '),
  notice: color.dim('note    '),
  warning: color.yellow('WARNING '),
  problem: color.red('PROBLEM '),
  skipped: color.dim('skipped '),
};

function sentence({ check, status, message, command }: Check): string {
  const line = `${MARKS[status]}${check.padEnd(17)}${withTimes(message)}`;
  return command === null ? line : `${line}\n${' '.repeat(25)}→ ${command}`;
}
