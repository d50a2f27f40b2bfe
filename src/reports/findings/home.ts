import type { Facts } from '../facts.js';
import { type Finding, problem, warning } from '../finding.js';
import { counted } from './cause-text.js';

/** Leases, counters, spool, conflicts and old queues: what is stored, and who works on it. */
export function homeFindings(facts: Facts): Finding[] {
  return [sums, leases, spool, conflicts, oldQueues].flatMap((look) => look(facts));
}

function sums({ delivery_ledger: ledger }: Facts): Finding[] {
  if ('error' in ledger) return [];
  return ledger.per_target
    .filter((row) => !row.adds_up)
    .map(({ target_id }) =>
      problem(
        'counters',
        `THE NUMBERS OF TARGET ${target_id} DO NOT ADD UP: a counter is wrong, or rows are`,
        'redrain verify --repair',
        { target_id },
      ),
    );
}

/** A lease left on a target to which nothing may be sent ends with the next drain, whenever that is. */
function leases(facts: Facts): Finding[] {
  const { orphan_records, mismatches, daemon_owner_record: owner, targets } = facts;
  const differing = mismatches.map(({ field, foreground_value, daemon_value }) =>
    problem(
      'leases',
      `process ${owner?.pid} drains this target with another ${field}: ${daemon_value}, here ${foreground_value}`,
      `kill ${owner?.pid}`,
    ),
  );
  const orphans = orphan_records.map(({ target_id, pid }) => {
    const isRetired = (targets.get(target_id)?.retiredAt ?? null) !== null;
    const sends = facts.mayLeaveToNamed && !isRetired;
    const advice = 'the next drain of this target takes it over';
    return problem(
      'leases',
      `process ${pid} left its lease on target ${target_id} behind and is gone`,
      sends ? `redrain now --target ${target_id}` : { advice },
      { target_id },
    );
  });
  return [...differing, ...orphans];
}

function spool({ event_journal: journal, spoolDir }: Facts): Finding[] {
  if ('error' in journal) return [];
  const { files, events, torn_files: torn } = journal.spool;
  const findings: Finding[] = [];
  if (torn > 0)
    findings.push(
      problem(
        'spool',
        `${counted(torn, 'damaged spool file')}: everything readable in them is in the journal, the rest is lost (look first)`,
        `rm ${quoted(spoolDir)}/*.torn`,
        { count: torn },
      ),
    );
  if (files > 0)
    findings.push(
      warning(
        'spool',
        `${counted(events, 'event')} in ${counted(files, 'file')} of the spool wait for the journal`,
        'redrain now',
        { count: events },
      ),
    );
  return findings;
}

const quoted = (path: string): string =>
  /^[\w/.@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

/** Nothing is lost by it, and nobody but the operator can end it. */
function conflicts({ migration_conflicts: section }: Facts): Finding[] {
  if ('error' in section || section.count === 0) return [];
  const { count } = section;
  const newest = section.conflicts[0]?.event_id ?? 'ID';
  return [
    problem(
      'conflicts',
      `${counted(count, 'conflict')} not resolved: two contents for one event id, both kept (redrain conflicts list)`,
      `redrain conflicts resolve ${quoted(newest)} --keep journal --yes`,
      { count },
    ),
  ];
}

function oldQueues(facts: Facts): Finding[] {
  const { waitingInScope, waitingElsewhere } = facts;
  const findings: Finding[] = unreadableQueues(facts);
  if (waitingInScope > 0)
    findings.push(
      problem(
        'old_queues',
        `${counted(waitingInScope, 'row')} ${waitingInScope === 1 ? 'waits' : 'wait'} in an old queue and nothing sends them (${oldPaths(facts)})`,
        'redrain migrate',
        { count: waitingInScope },
      ),
    );
  if (waitingElsewhere > 0)
    findings.push(
      warning(
        'old_queues',
        `${counted(waitingElsewhere, 'row')} in old queues of other logins`,
        'redrain migrate',
        { count: waitingElsewhere },
      ),
    );
  return findings;
}

/** The same reason is said once. */
function unreadableQueues(facts: Facts): Finding[] {
  const { active_queue, legacy_queue, body_upload_compatibility: bodies } = facts;
  const errors = [active_queue, legacy_queue, bodies].flatMap((section) =>
    'error' in section ? [section.error] : [],
  );
  const advice = 'redrain migrate --dry-run says what can be read of it';
  return [...new Set(errors)].map((error) => problem('old_queues', error, { advice }));
}

function oldPaths({ migration_conflicts, active_queue, legacy_queue }: Facts): string {
  const waiting = 'error' in migration_conflicts ? [] : (migration_conflicts.waiting_files ?? []);
  return waiting
    .map(({ path }) => path)
    .filter((path) => [active_queue.path, legacy_queue.path].includes(path))
    .join(', ');
}
