import type { StatusReport } from '../app/status.js';
import type { DrainBlockedReason } from '../dispatch/ports.js';
import type { StatusDocument } from '../status/status-document.js';
import { color } from './color.js';
import { count } from './output.js';
import { line } from './status-line.js';

/** What an operator types next, by what stands in the way. */
const NEXT_STEP: Readonly<Record<DrainBlockedReason, string>> = {
  saas_disabled: 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1, then `redrain now`',
  missing_auth: 'sign in: `redrain login`, or set SPEC_KITTY_TOKEN',
  missing_team: 'sign in with a team, or set SPEC_KITTY_TEAM',
  private_teamspace_gate: 'create or join a Private Teamspace, then sign in again',
  project_not_allowed: '`redrain projects list`, then `redrain projects allow UUID`',
  missing_project: '`redrain projects allow --unassigned`',
  config_unreadable: 'mend config.toml: `redrain doctor` says what is wrong',
  delivery_off: '`redrain mode TEAMSPACE` or `redrain mode EXTERNAL_RECEIVER` sends again',
  target_retired: '`redrain targets restore ID`',
  daemon_lock: 'wait for the other drain to end',
  network_unavailable: '`redrain now` tries again; `redrain doctor` asks the server',
};

/** What `status --check` fails for, each with the command that mends it. */
export function problemLines({ problems }: StatusReport): string[] {
  return problems.map(({ what, command }) => advice(color.red('problem'), what, command));
}

/** What is no failure of redrain and still wants somebody to look. */
export function concernLines(report: StatusReport): string[] {
  const concerns = CONCERNS.flatMap((concern) => concern(report));
  return concerns.map(([what, command]) => advice(color.yellow('note'), what, command));
}

function advice(mark: string, what: string, command: string): string {
  return `${mark}: ${what.replace(/\.$/, '')}: \`${command}\``;
}

type Concern = [what: string, command: string];

const CONCERNS: readonly ((report: StatusReport) => Concern[])[] = [
  ({ document: { terminal_failures: section } }) =>
    'error' in section || section.count === 0
      ? []
      : [
          [
            `${count(section.count, 'event')} failed for good (\`redrain events --state terminal\` lists them)`,
            'redrain retry --all',
          ],
        ],
  ({ document: { migration_conflicts: section } }) =>
    'error' in section || section.count === 0
      ? []
      : [[`${count(section.count, 'conflict')} not resolved`, 'redrain conflicts list']],
  ({ document }) => resetConcern(document),
  ({ document }) =>
    retiredCurrent(document).map((id) => [
      `the current target ${id} is retired and gets nothing`,
      `redrain targets restore ${id}`,
    ]),
  ({ document: { event_journal: section } }) =>
    'error' in section || section.spool.torn_files === 0
      ? []
      : [[`${count(section.spool.torn_files, 'spool file')} damaged`, 'redrain doctor']],
  ({ waitingElsewhere }) =>
    waitingElsewhere === 0
      ? []
      : [[`${count(waitingElsewhere, 'row')} in old queues of other logins`, 'redrain migrate']],
  ({ document: { event_journal: section } }) =>
    'error' in section || section.gc_suggestion === null
      ? []
      : [['every retained event is delivered everywhere', 'redrain gc']],
];

/** Only the operator knows whether anything was lost. */
function resetConcern({ delivery_targets: section }: StatusDocument): Concern[] {
  if ('error' in section || section.current.reset_signal === null) return [];
  const { target_id, reset_signal } = section.current;
  const what = `the server may have been reset: ${reset_signal.field} changed (if nothing was lost: \`redrain targets ack ${target_id}\`)`;
  return [[what, `redrain replay --target ${target_id}`]];
}

function retiredCurrent({ delivery_targets, delivery_ledger }: StatusDocument): number[] {
  if ('error' in delivery_targets || 'error' in delivery_ledger) return [];
  const { target_id } = delivery_targets.current;
  return delivery_ledger.per_target
    .filter((row) => row.retired && row.target_id === target_id)
    .map((row) => row.target_id);
}

/** What stands in the way now, and what to type next. */
export function nextLines({ document: { event_journal: journal } }: StatusReport): string[] {
  if ('error' in journal) return [];
  const { reason, waiting } = journal.drain_blocked;
  if (reason !== null)
    return [
      line('blocked', `${reason}, ${count(waiting, 'event')} waiting`),
      line('next', NEXT_STEP[reason]),
    ];
  if (waiting > 0) return [line('next', `\`redrain now\` sends ${count(waiting, 'event')}`)];
  return [line('next', 'nothing to do')];
}
