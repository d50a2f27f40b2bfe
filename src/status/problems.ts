import type { OldQueueSections } from './old-queues.js';
import type { OlderFields, StatusDocument, StatusSections } from './status-document.js';

/** Something that `status --check` fails for, and the command that mends it. */
export interface Problem {
  readonly what: string;
  readonly command: string;
}

/** What there is to judge: the document before the verdict. */
export type Judged = OlderFields &
  StatusSections &
  Pick<StatusDocument, 'target_authority' | 'body_upload_compatibility'> & {
    /** The SaaS switch, as the environment has it. */
    readonly saasEnabled: boolean;
    readonly waitingInScope: OldQueueSections['waitingInScope'];
  };

/** Everything that makes `ok` false (STATUS.md), most pressing first. Empty means ok. */
export function problemsOf(status: Judged): Problem[] {
  return [
    ...authorityProblems(status),
    ...unreadableSections(status),
    ...sumProblems(status),
    ...workerProblems(status),
    ...oldQueueProblems(status),
    ...identityProblems(status),
  ];
}

function authorityProblems({ target_authority: authority }: Judged): Problem[] {
  if (authority.error === undefined) return [];
  const command =
    authority.override_mode === 'setup_only' ? 'redrain server URL' : 'redrain doctor';
  return [{ what: authority.error, command }];
}

const SECTIONS = [
  'event_journal',
  'delivery_targets',
  'delivery_ledger',
  'migration_conflicts',
  'terminal_failures',
  'body_upload_compatibility',
  'active_queue',
  'legacy_queue',
] as const;

/** The same reason for several sections is said once. */
function unreadableSections(status: Judged): Problem[] {
  const reasons = SECTIONS.flatMap((name) => {
    const section = status[name];
    return 'error' in section ? [section.error] : [];
  });
  return [...new Set(reasons)].map((what) => ({ what, command: 'redrain doctor' }));
}

function sumProblems({ delivery_ledger: ledger }: Judged): Problem[] {
  if ('error' in ledger) return [];
  return ledger.per_target
    .filter((row) => !row.adds_up)
    .map((row) => ({
      what: `THE NUMBERS OF TARGET ${row.target_id} DO NOT ADD UP: a counter is wrong, or rows are`,
      command: 'redrain verify --repair',
    }));
}

function workerProblems({ mismatches, orphan_records, daemon_owner_record }: Judged): Problem[] {
  const differing = mismatches.map(({ field, foreground_value, daemon_value }) => ({
    what: `process ${daemon_owner_record?.pid} drains this target with another ${field}: ${daemon_value}, here ${foreground_value}`,
    command: `kill ${daemon_owner_record?.pid}`,
  }));
  const orphans = orphan_records.map(({ target_id, pid }) => ({
    what: `process ${pid} left its lease on target ${target_id} behind and is gone`,
    command: `redrain now --target ${target_id}`,
  }));
  return [...differing, ...orphans];
}

function oldQueueProblems(status: Judged): Problem[] {
  const { waitingInScope, migration_conflicts, active_queue, legacy_queue } = status;
  if (waitingInScope === 0) return [];
  const rows = waitingInScope === 1 ? 'row waits' : 'rows wait';
  const waiting = 'error' in migration_conflicts ? [] : (migration_conflicts.waiting_files ?? []);
  const names = waiting
    .map(({ path }) => path)
    .filter((path) => [active_queue.path, legacy_queue.path].includes(path));
  const what = `${waitingInScope.toLocaleString('en')} ${rows} in an old queue and nothing sends them (${names.join(', ')})`;
  return [{ what, command: 'redrain migrate' }];
}

function identityProblems({ auth_present, target_authority, saasEnabled }: Judged): Problem[] {
  if (!saasEnabled || target_authority.mode !== 'TEAMSPACE' || auth_present) return [];
  return [
    {
      what: 'sending to the Teamspace is switched on, and nobody is signed in',
      command: 'redrain login',
    },
  ];
}
