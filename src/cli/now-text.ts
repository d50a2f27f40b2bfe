import { ADD_TARGET } from '../app/readiness.js';
import { grouped } from '../base/grouped.js';
import { type DrainReport, messageText } from '../dispatch/drain-report.js';
import { oneLine, shortLine } from './color.js';
import { count } from './output.js';
import { resetAdvice } from './target-advice.js';

/** What one drain did, in lines. */
export function sentence(report: DrainReport): string {
  const lines: string[] = [];
  if (report.target_url === null) lines.push(withoutTarget(report));
  else {
    lines.push(`${targetOf(report)}: ${outcomes(report) || nothing(report)}`);
    lines.push(...messageLines(report));
  }
  if (report.recovered > 0)
    lines.push(`${count(report.recovered, 'event')} taken up again after an interrupted drain`);
  if (report.held > 0 && report.blocked_reason !== 'config_unreadable')
    lines.push(`${count(report.held, 'event')} held: \`redrain projects list\` shows why`);
  if (report.reset_signal !== null)
    lines.push(resetAdvice(String(report.target_name ?? report.target_id), report.reset_signal));
  if (report.unsent > 0) lines.push(`${count(report.unsent, 'event')} not sent yet`);
  return lines.join('\n');
}

/** Name and address of the target of a report. */
export function targetOf({ target_name: name, target_url: url }: DrainReport): string {
  return name === null || name === '' ? (url ?? '') : `${name} (${url})`;
}

/** What the library says, and what to type where that is one command. */
export function withoutTarget(report: DrainReport): string {
  if (report.blocked_reason === 'no_target') return `no target yet: ${ADD_TARGET}`;
  return messageText(report) ?? 'There is no active target.';
}

/** What stands in the way, where something does. */
export function messageLines(report: DrainReport): string[] {
  const text = messageText(report);
  return text === null ? [] : [text];
}

/** Where something stands in the way, there may well be something to send. */
const nothing = ({ blocked_reason, message }: DrainReport): string =>
  blocked_reason === null && message === null ? 'nothing to send' : 'nothing sent';

/** The counts of a report in words; empty where nothing was sent. */
export function outcomes(report: DrainReport): string {
  const parts: [number, string][] = [
    [report.delivered, 'delivered'],
    [report.duplicate, 'already there'],
    [report.pending, 'pending'],
    [report.rejected, 'rejected'],
    [report.transient, 'to be tried again'],
    [report.terminal_failed, 'failed for good'],
  ];
  return parts
    .filter(([n]) => n > 0)
    .map(([n, what]) => `${grouped(n)} ${what}`)
    .join(', ');
}

const MAX_LINES = 10;

/** Each event that failed, or with many the first one of each reason: the causes have the counts. */
export function failureLines(report: DrainReport): string[] {
  const { failures, rejected, transient, terminal_failed } = report;
  const all = rejected + transient + terminal_failed;
  const shown = all <= MAX_LINES ? failures : firstOfEach(failures).slice(0, MAX_LINES);
  const lines = shown.map(
    ({ event_id, outcome, reason }) => `${shortLine(event_id)}: ${outcome}: ${oneLine(reason)}`,
  );
  const more = all - lines.length;
  if (more > 0) lines.push(`… and ${count(more, 'more event')}: \`redrain events\` lists them`);
  return lines;
}

type Failure = DrainReport['failures'][number];

const firstOfEach = (failures: readonly Failure[]): Failure[] =>
  [
    ...new Map(
      failures.toReversed().map((one) => [`${one.outcome} ${one.reason}`, one] as const),
    ).values(),
  ].toReversed();
