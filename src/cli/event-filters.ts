import type { Command } from 'commander';
import ms, { type StringValue } from 'ms';
import type { EventSelection } from '../app/event-selection.js';
import { UsageError } from './failure.js';

/** The filters that `events`, `retry`, `replay` and `diff` share. */
export function addFilters(command: Command): Command {
  return command
    .option('--type <name>', 'only this event type')
    .option('--project <uuid>', 'only this project; `none` for events without one')
    .option('--since <time>', 'captured since: 2026-11-22T10:00:00Z, or 2h for 2 hours ago')
    .option('--until <time>', 'captured before');
}

/** These filters as typed. */
export interface FilterOptions {
  readonly type?: string;
  readonly project?: string;
  readonly since?: string;
  readonly until?: string;
  readonly event?: readonly string[];
}

/** Which events a command line names. @throws UsageError for an invalid time. */
export function selectionOf(options: FilterOptions, now = Date.now()): EventSelection {
  return {
    type: options.type,
    project: options.project,
    since: pointInTime('--since', options.since, now),
    until: pointInTime('--until', options.until, now),
    events: options.event,
  };
}

/** True when the command line narrows the events down at all. */
export function isNarrowed(options: FilterOptions): boolean {
  const { type, project, since, until, event } = options;
  return [type, project, since, until, event].some((value) => value !== undefined);
}

/** `2026-11-22`, `2026-11-22T10:00:00Z`, or so long ago: `90m`, `2h`, `7d`. */
function pointInTime(flag: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : now - ago(text);
  if (Number.isFinite(at)) return at;
  throw new UsageError(
    `cannot read ${flag} "${text}": write 2026-11-22T10:00:00Z, or 2h for 2 hours ago`,
  );
}

function ago(text: string): number {
  if (!/^\d+(\.\d+)? ?[a-z]+$/i.test(text)) return Number.NaN;
  return ms(text as StringValue) ?? Number.NaN;
}
