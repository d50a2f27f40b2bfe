import type { StatusDocument, StatusReport } from '../app/status.js';
import type { TopTarget } from '../app/top.js';
import { grouped } from '../base/grouped.js';
import { type Finding, remedyOf } from '../reports/finding.js';
import type { WorkerRow } from '../reports/jobs-section.js';
import type { JournalSection } from '../reports/journal-section.js';
import type { TargetLedger } from '../reports/ledger-section.js';
import { nextStep } from '../reports/next-step.js';
import type { TargetsSection } from '../reports/targets-section.js';
import type { AuthoritySection } from '../spec-kitty/authority-report.js';
import { timeText, withTimes } from './ago.js';
import { color } from './color.js';
import { bytes, count } from './output.js';
import { table } from './table.js';
import { TARGET_COLUMNS } from './target-columns.js';

/** The status as one screen of text: every problem stands beside the command that fixes it. */
export function statusText(report: StatusReport, targets: readonly TopTarget[]): string {
  const { document: status } = report;
  return [
    ...authorityLines(status),
    ...journalLines(status.event_journal),
    ...targetLines(status),
    ...workerLines(status),
    ...everyTarget(targets),
    ...findingLines(report),
    ...nextLines(report),
  ].join('\n');
}

/** Where events go now, and why there. */
function authorityLines({ mode, target_authority: authority }: StatusDocument): string[] {
  const spelled = authority === undefined ? mode : authority.mode;
  const lines = [line('mode', spelled ?? 'unknown: config.toml cannot be used')];
  if (authority === undefined) return lines;
  if (authority.mode !== 'TEAMSPACE') return lines;
  lines.push(line('server', `${authority.resolved_server_url ?? 'unknown'} (${why(authority)})`));
  lines.push(line('signed in as', signedIn(authority)));
  return lines;
}

function why(authority: AuthoritySection): string {
  if (!authority.configured) return 'the default: nothing was configured';
  if (authority.override_mode === 'process_override')
    return `SPEC_KITTY_SAAS_URL, not ${authority.configured_server_url ?? 'the default'}`;
  return authority.configured_server_url === null ? 'from SPEC_KITTY_SAAS_URL' : 'from config.toml';
}

function signedIn({ user_id, team_slug }: AuthoritySection): string {
  if (user_id === null && team_slug === null) return 'nobody';
  return `${user_id ?? 'unknown user'}, team ${team_slug ?? 'none'}`;
}

function journalLines(journal: StatusDocument['event_journal']): string[] {
  if ('error' in journal) return [];
  const { retained_event_count, journal_size_bytes, oldest_retained_event_at } = journal;
  const lines = [
    line('events kept', `${grouped(retained_event_count)} (${bytes(journal_size_bytes)})`),
  ];
  if (oldest_retained_event_at !== null)
    lines.push(line('oldest event', timeText(oldest_retained_event_at)));
  if (journal.archived_event_count > 0) lines.push(line('archived', journal.archived_event_count));
  return [...lines, ...asideLines(journal)];
}

/** What was captured and is not, or not yet, among the events kept. */
function asideLines({ spool, discarded }: JournalSection): string[] {
  const lines: string[] = [];
  if (spool.files > 0)
    lines.push(
      line('in the spool', `${count(spool.events, 'event')} in ${count(spool.files, 'file')}`),
    );
  if (discarded > 0) lines.push(color.dim(line('discarded', discarded)));
  return lines;
}

/** What the current target has, and what earlier ones have. */
function targetLines(status: StatusDocument): string[] {
  const { delivery_targets: targets, delivery_ledger: ledger } = status;
  if ('error' in targets || 'error' in ledger) return [];
  const current = ledger.per_target.find((row) => row.target_id === targets.current.target_id);
  return [
    line('current target', named(targets)),
    line('delivered there', ledger.delivered_current_target),
    ...(current === undefined ? [] : termLines(current)),
  ];
}

function named({ current }: TargetsSection): string {
  const { canonical_url, target_id, target_name, label } = current;
  if (canonical_url === null) return 'none';
  const about = [
    ...(target_name === null ? [] : [canonical_url]),
    ...(label === null ? [] : [label]),
    ...(target_id === null ? ['nothing was sent there yet'] : []),
  ];
  const shown = target_name ?? canonical_url;
  return about.length === 0 ? shown : `${shown} (${about.join(', ')})`;
}

const TERMS = [
  'unsent',
  'held',
  'excluded',
  'pending',
  'rejected',
  'transient',
  'terminal',
  'coalesced',
  'replaced',
  'archived',
  'redacted',
  'purged',
] as const;

/** Delivered and the other terms are all events there are: the sum is shown, so that it can be checked. */
function termLines(row: TargetLedger): string[] {
  const terms = TERMS.filter((name) => row[name] !== 0).map(
    (name) => `${grouped(row[name])} ${name}`,
  );
  const sum = [`${grouped(row.delivered)} delivered`, ...terms].join(' + ');
  const lines = [line('all events', `${sum} = ${grouped(row.total)}`)];
  if (row.replay_marked > 0)
    lines.push(line('to be replayed', `${grouped(row.replay_marked)} of the delivered`));
  if (row.circuit.state === 'closed') return lines;
  const { state, failures, next_attempt_at } = row.circuit;
  const next = next_attempt_at === null ? '' : `, workers try again ${timeText(next_attempt_at)}`;
  return [
    ...lines,
    color.yellow(line('circuit', `${state} after ${failures} failed batches${next}`)),
  ];
}

/** The lines above are about the current target; where there are others, a table has them all. */
function everyTarget(targets: readonly TopTarget[]): string[] {
  const others = targets.some(({ is_current }) => !is_current);
  return others ? ['', table(TARGET_COLUMNS, targets), ''] : [];
}

/** Every drain that runs at this moment, and which workers are there. */
function workerLines({ findings, jobs }: StatusDocument): string[] {
  const drains = findings.filter(({ check }) => check === 'draining');
  const workers = 'error' in jobs ? [] : jobs.workers;
  return [
    ...(drains.length === 0 ? [line('drain', 'none runs now')] : []),
    ...drains.map(({ message }) => line('drain', message)),
    ...presentLines(workers),
  ];
}

const MOST_WORKERS = 4;

function presentLines(workers: readonly WorkerRow[]): string[] {
  const shown = workers.slice(0, MOST_WORKERS).map(({ kind, pid }) => `${kind} ${pid}`);
  const more = workers.length - shown.length;
  if (more > 0) shown.push(`${more} more`);
  return [line('workers', shown.length === 0 ? 'none' : shown.join(', '))];
}

/** What `status --check` fails for and what wants a look, each with what ends it; then what is worth knowing. */
function findingLines({ findings }: StatusReport): string[] {
  return findings.filter((finding) => !SAID_ELSEWHERE.has(finding.check)).map(findingText);
}

/** The next step says these, and the sum of the target has their numbers. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['unsent', 'draining']);

const MARKS: Readonly<Record<Finding['status'], string>> = {
  problem: color.red('problem'),
  warning: color.yellow('warning'),
  notice: color.dim('note'),
};

/** One finding with what ends it. */
export function findingText(finding: Finding): string {
  const { status } = finding;
  const message = withTimes(finding.message);
  const said = `${MARKS[status]}: ${message.replace(/\.$/, '')}`;
  const remedy = remedyOf(finding);
  return remedy === null || message.includes(remedy) ? said : `${said}: ${quoted(finding)}`;
}

const quoted = ({ command, advice }: Finding): string =>
  command === null ? (advice ?? '') : `\`${command}\``;

/** What stands in the way now, and what to type next: what ends the first finding. */
/** What to type next, and why nothing leaves where nothing does. */
export function nextLines({ document, findings }: StatusReport): string[] {
  const lines = blockedLines(document.event_journal, findings);
  const next = nextStep(document);
  if (next.kind === 'wait')
    return [...lines, line('next', `nothing to type: ${next.finding.message}`)];
  return [...lines, line('next', next.kind === 'nothing' ? 'nothing to do' : step(next.finding))];
}

function step(finding: Finding): string {
  const { check, count: events } = finding;
  if (check === 'unsent' && finding.command !== null && events !== null)
    return `${quoted(finding)} sends ${count(events, 'event')}`;
  return quoted(finding);
}

/** Nothing is blocked while `now` would send. */
function blockedLines(
  journal: StatusReport['document']['event_journal'],
  findings: readonly Finding[],
): string[] {
  if ('error' in journal) return [];
  const { reason, waiting } = journal.drain_blocked;
  const sends = findings.some(({ check, command }) => check === 'unsent' && command !== null);
  const isNew = reason === 'no_target' && waiting === 0;
  if (reason === null || sends || isNew) return [];
  return [line('blocked', `${reason}, ${count(waiting, 'event')} waiting`)];
}

/** One fact of the status screen: its name, and its value in a column. */
function line(name: string, value: string | number): string {
  return `${color.bold(`${name.padEnd(17)} `)}${typeof value === 'number' ? grouped(value) : value}`;
}
