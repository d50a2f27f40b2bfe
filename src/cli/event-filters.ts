import type { Command } from 'commander';
import type { EventSelection } from '../app/event-selection.js';
import { timeOf } from './times.js';

/** The filters that `events`, `retry`, `replay` and `diff` share. */
export function addFilters(command: Command): Command {
  return command
    .option('--type <type>', 'only this event type')
    .option('--project <project>', 'only this project; `none` for events without one')
    .option('--since <time>', 'captured since then: 2h, 3d, yesterday, 2026-11-22')
    .option('--until <time>', 'captured before then');
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
    since: options.since === undefined ? undefined : timeOf('--since', options.since, now),
    until: options.until === undefined ? undefined : timeOf('--until', options.until, now),
    events: options.event,
  };
}

/** True when the command line narrows the events down at all. */
export function isNarrowed(options: FilterOptions): boolean {
  const { type, project, since, until, event } = options;
  return [type, project, since, until, event].some((value) => value !== undefined);
}
