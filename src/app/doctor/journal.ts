import {
  NewerSchemaError,
  OlderSchemaError,
  StorageUnavailableError,
} from '../../storage/errors.js';
import type { App } from '../app.js';
import { reportStatus, type StatusReport } from '../status.js';
import { type Finding, fine, problem, warning } from './finding.js';

/** What is stored: schema, sums, spool, old queues, and who is at work on it. */
export async function examineJournal(app: App): Promise<Finding[]> {
  const schema = schemaFinding(app);
  const report = await reportStatus(app);
  const findings = [schema, ...spool(report), ...oldQueues(report), ...leases(report)];
  return schema.status === 'problem'
    ? findings
    : [...findings, ...unreadable(report), ...sums(report)];
}

function schemaFinding(app: App): Finding {
  try {
    const stores = app.readStores();
    stores?.db.close();
    return fine('schema', stores === undefined ? 'there is no journal yet' : 'up to date');
  } catch (error) {
    if (error instanceof OlderSchemaError) return warning('schema', error.message, 'redrain now');
    if (error instanceof NewerSchemaError)
      return problem('schema', error.message, 'npm install --global redrain');
    if (error instanceof StorageUnavailableError)
      return problem('schema', error.message, MENDS[error.trouble]);
    throw error;
  }
}

const MENDS: Readonly<Record<StorageUnavailableError['trouble'], string>> = {
  busy: 'wait for the other process to end',
  full: 'make room on this disk',
  readonly: 'give this user back the right to write there',
  corrupt: 'redrain verify, then put a backup of journal.db in place (docs/operations.md)',
  io: 'look at the disk: `dmesg` says what it reported',
  limit: 'end programs that hold many files open, or raise `ulimit -n`',
  replaced: 'start the command again',
};

/** A journal that opens and cannot be read: damage behind its first page. */
function unreadable({ document }: StatusReport): Finding[] {
  const { event_journal: journal, delivery_ledger: ledger } = document;
  const errors = [journal, ledger].flatMap((section) =>
    'error' in section ? [section.error] : [],
  );
  return [...new Set(errors)].map((error) => problem('journal', error, MENDS.corrupt));
}

function spool({ document }: StatusReport): Finding[] {
  const { event_journal: journal } = document;
  if ('error' in journal) return [];
  const { files, events, torn_files } = journal.spool;
  const findings: Finding[] = [];
  if (torn_files > 0)
    findings.push(
      problem(
        'spool',
        `${torn_files} damaged spool files: everything readable in them is in the journal, the rest is lost`,
        'look at redrain/spool/*.torn in the home, then delete them',
      ),
    );
  if (files > 0)
    findings.push(
      warning('spool', `${events} events in ${files} files wait for the journal`, 'redrain now'),
    );
  return findings.length > 0 ? findings : [fine('spool', 'empty')];
}

function oldQueues({ document, problems, waitingElsewhere }: StatusReport): Finding[] {
  const { body_upload_compatibility: bodies } = document;
  const waiting = problems.filter(({ command }) => command === 'redrain migrate');
  const findings = waiting.map(({ what, command }) => problem('old_queues', what, command));
  if ('error' in bodies)
    findings.push(problem('old_queues', bodies.error, 'redrain migrate --dry-run'));
  if (waitingElsewhere > 0)
    findings.push(
      warning(
        'old_queues',
        `${waitingElsewhere} rows wait in old queues of other logins`,
        'redrain migrate',
      ),
    );
  return findings.length > 0 ? findings : [fine('old_queues', 'nothing waits in an old queue')];
}

function leases({ document }: StatusReport): Finding[] {
  const { orphan_records, mismatches, daemon_owner_record: owner } = document;
  const orphans = orphan_records.map(({ target_id, pid }) =>
    problem(
      'leases',
      `process ${pid} left its lease on target ${target_id} behind and is gone`,
      `redrain now --target ${target_id}`,
    ),
  );
  const differing = mismatches.map(({ field, daemon_value, foreground_value }) =>
    problem(
      'leases',
      `process ${owner?.pid} drains this target with another ${field}: ${daemon_value}, here ${foreground_value}`,
      `kill ${owner?.pid}`,
    ),
  );
  const found = [...orphans, ...differing];
  return found.length > 0 ? found : [fine('leases', 'no stale lease')];
}

function sums({ document: { delivery_ledger: ledger } }: StatusReport): Finding[] {
  if ('error' in ledger) return [];
  const wrong = ledger.per_target.filter((row) => !row.adds_up);
  if (wrong.length === 0) return [fine('counters', 'the numbers of every target add up')];
  return wrong.map((row) =>
    problem(
      'counters',
      `the numbers of target ${row.target_id} do not add up`,
      'redrain verify --repair',
    ),
  );
}
