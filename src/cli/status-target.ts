import type { StatusDocument } from '../app/status.js';
import type { WorkerRow } from '../reports/jobs-section.js';
import type { LedgerSection, TargetLedger } from '../reports/ledger-section.js';
import type { TargetsSection } from '../reports/targets-section.js';
import { color } from './color.js';
import { count } from './output.js';
import { line } from './status-line.js';

/** What the current target has, and what earlier ones have. */
export function targetLines(status: StatusDocument): string[] {
  const { delivery_targets: targets, delivery_ledger: ledger } = status;
  if ('error' in targets || 'error' in ledger) return [];
  const current = ledger.per_target.find((row) => row.target_id === targets.current.target_id);
  return [
    line('current target', named(targets)),
    line('delivered there', ledger.delivered_current_target),
    line(
      'delivered before',
      `${ledger.delivered_previous_target.toLocaleString('en')} to ${count(targets.previous.length, 'earlier target')}`,
    ),
    ...(current === undefined ? [] : termLines(current)),
    ...elsewhereLines(ledger, current),
  ];
}

function named({ current }: TargetsSection): string {
  const { canonical_url, target_id, label } = current;
  if (canonical_url === null) return 'none';
  if (target_id === null) return `${canonical_url} (nothing was drained there yet)`;
  return `${canonical_url} (target ${target_id}${label === null ? '' : `, ${label}`})`;
}

const TERMS = [
  'unsent',
  'held',
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
    (name) => `${row[name].toLocaleString('en')} ${name}`,
  );
  const sum = [`${row.delivered.toLocaleString('en')} delivered`, ...terms].join(' + ');
  const lines = [line('all events', `${sum} = ${row.total.toLocaleString('en')}`)];
  if (row.replay_marked > 0)
    lines.push(
      line('to be replayed', `${row.replay_marked.toLocaleString('en')} of the delivered`),
    );
  if (row.circuit.state === 'closed') return lines;
  const { state, failures, next_attempt_at } = row.circuit;
  const next = next_attempt_at === null ? '' : `, workers try again at ${next_attempt_at}`;
  return [
    ...lines,
    color.yellow(line('circuit', `${state} after ${failures} failed batches${next}`)),
  ];
}

/** What earlier targets still owe would otherwise be in no line at all. */
function elsewhereLines(ledger: LedgerSection, current: TargetLedger | undefined): string[] {
  return (['pending', 'rejected', 'transient'] as const).flatMap((term) => {
    const elsewhere = ledger[term] - (current?.[term] ?? 0);
    return elsewhere === 0 ? [] : [line(`${term} elsewhere`, elsewhere)];
  });
}

/** Who drains the current target at this moment, and which workers are there. */
export function workerLines({
  daemon_owner_record: owner,
  findings,
  jobs,
}: StatusDocument): string[] {
  const pace = findings.find(({ check }) => check === 'draining')?.message;
  const workers = 'error' in jobs ? [] : jobs.workers;
  return [...drainLines(owner, pace), ...presentLines(workers)];
}

function drainLines(owner: StatusDocument['daemon_owner_record'], pace = 'draining'): string[] {
  if (owner?.status === 'absent')
    return [line('drain', 'somebody drains this target, and the lease does not say who')];
  if (owner?.status !== 'present') return [line('drain', 'none runs now')];
  return [line('drain', `${pace}, redrain ${owner.package_version ?? 'unknown'}`)];
}

const MOST_WORKERS = 4;

function presentLines(workers: readonly WorkerRow[]): string[] {
  const shown = workers.slice(0, MOST_WORKERS).map(({ kind, pid }) => `${kind} ${pid}`);
  const more = workers.length - shown.length;
  if (more > 0) shown.push(`${more} more`);
  return [line('workers', shown.length === 0 ? 'none' : shown.join(', '))];
}
