import pc from 'picocolors';
import type { DrainBlockedReason } from '../dispatch/ports.js';
import type {
  JournalSection,
  LedgerSection,
  StatusDocument,
  TargetLedger,
  TargetsSection,
} from '../status/status-document.js';
import { bytes, count } from './output.js';

/** What an operator types next, by what stands in the way. */
const NEXT_STEP: Readonly<Record<DrainBlockedReason, string>> = {
  saas_disabled: 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1, then `redrain now`',
  missing_auth: 'sign in: `redrain login`, or set SPEC_KITTY_TOKEN',
  missing_team: 'sign in with a team, or set SPEC_KITTY_TEAM',
  private_teamspace_gate: 'create or join a Private Teamspace, then sign in again',
  project_not_allowed: '`redrain projects list`, then `redrain projects allow UUID`',
  missing_project: '`redrain projects allow --unassigned`',
  config_unreadable: 'mend config.toml: `redrain config` says what is wrong',
  daemon_lock: 'wait for the other drain to end',
  network_unavailable: '`redrain now` tries again; `redrain targets` shows the circuit',
};

/** The status as one screen of text. */
export function statusText(status: StatusDocument): string {
  return [
    ...authorityLines(status),
    ...journalLines(status.event_journal),
    ...ledgerLines(status),
    ...troubleLines(status),
    ...nextLines(status.event_journal),
  ].join('\n');
}

function line(name: string, value: string | number): string {
  return `${pc.bold(name.padEnd(18))}${typeof value === 'number' ? value.toLocaleString('en') : value}`;
}

function authorityLines({ target_authority: authority }: StatusDocument): string[] {
  const lines = [line('mode', authority.mode ?? 'unknown')];
  if (authority.mode === 'TEAMSPACE' || authority.mode === null) {
    const note = authority.configured ? '' : ' (the default: nothing was configured)';
    lines.push(line('server', `${authority.resolved_server_url ?? 'unknown'}${note}`));
    lines.push(line('signed in as', signedIn(authority)));
  }
  if (authority.override_mode === 'process_override')
    lines.push(
      line(
        'override',
        `SPEC_KITTY_SAAS_URL, not ${authority.configured_server_url ?? 'the default'}`,
      ),
    );
  if (authority.error !== undefined) lines.push(pc.red(authority.error));
  return lines;
}

function signedIn({ user_id, team_slug }: StatusDocument['target_authority']): string {
  if (user_id === null && team_slug === null) return 'nobody';
  return `${user_id ?? 'unknown user'}, team ${team_slug ?? 'none'}`;
}

function journalLines(journal: StatusDocument['event_journal']): string[] {
  if ('error' in journal) return [pc.red(`journal: ${journal.error}`)];
  const lines = [
    line(
      'events kept',
      `${journal.retained_event_count.toLocaleString('en')} (${bytes(journal.journal_size_bytes)})`,
    ),
  ];
  if (journal.oldest_retained_event_at !== null)
    lines.push(line('oldest event', journal.oldest_retained_event_at));
  const { files, events, torn_files } = journal.spool;
  if (files > 0)
    lines.push(line('in the spool', `${count(events, 'event')} in ${count(files, 'file')}`));
  if (torn_files > 0) lines.push(pc.red(line('torn spool files', torn_files)));
  return lines;
}

function ledgerLines(status: StatusDocument): string[] {
  const { delivery_targets: targets, delivery_ledger: ledger } = status;
  if ('error' in targets || 'error' in ledger) return [];
  const current = currentLedger(targets, ledger);
  const lines = [
    line('current target', targets.current.canonical_url ?? 'none yet'),
    line('delivered there', ledger.delivered_current_target),
    line(
      'delivered before',
      `${ledger.delivered_previous_target.toLocaleString('en')} to ${count(targets.previous.length, 'earlier target')}`,
    ),
  ];
  if (current !== undefined) lines.push(...termLines(current));
  if (targets.current.reset_signal !== null)
    lines.push(pc.yellow('The server may have been reset: `redrain targets` says more.'));
  for (const row of ledger.per_target)
    if (!row.adds_up)
      lines.push(
        pc.red(`The numbers of target ${row.target_id} do not add up: run \`redrain verify\`.`),
      );
  return lines;
}

function currentLedger(targets: TargetsSection, ledger: LedgerSection): TargetLedger | undefined {
  return ledger.per_target.find((row) => row.target_id === targets.current.target_id);
}

/** Delivered and the other terms are all events there are: the sum is shown, so that it can be checked. */
function termLines(row: TargetLedger): string[] {
  const names = [
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
  const terms = names
    .filter((name) => row[name] !== 0)
    .map((name) => `${row[name].toLocaleString('en')} ${name}`);
  const sum = [`${row.delivered.toLocaleString('en')} delivered`, ...terms].join(' + ');
  const lines = [line('all events', `${sum} = ${row.total.toLocaleString('en')}`)];
  if (row.circuit.state !== 'closed')
    lines.push(
      pc.yellow(
        line('circuit', `${row.circuit.state} after ${row.circuit.failures} failed batches`),
      ),
    );
  return lines;
}

function troubleLines(status: StatusDocument): string[] {
  const { terminal_failures: terminal, migration_conflicts: conflicts } = status;
  const lines: string[] = [];
  if (!('error' in terminal) && terminal.count > 0)
    lines.push(pc.red(line('failed for good', terminal.count)));
  if (!('error' in conflicts) && conflicts.count > 0)
    lines.push(pc.red(line('conflicts', conflicts.count)));
  return lines;
}

function nextLines(journal: JournalSection | { error: string }): string[] {
  if ('error' in journal) return [];
  const { reason, waiting } = journal.drain_blocked;
  if (reason !== null)
    return [
      line('blocked', `${reason}, ${count(waiting, 'event')} waiting`),
      line('next', NEXT_STEP[reason]),
    ];
  return waiting > 0 ? [line('next', `\`redrain now\` sends ${count(waiting, 'event')}`)] : [];
}
