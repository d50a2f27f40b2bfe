import { WAITS } from '../../dispatch/waits.js';
import { type Facts, nameOf } from '../facts.js';
import { type Finding, notice, problem, warning } from '../finding.js';
import type { JournalSection } from '../journal-section.js';
import type { TargetLedger } from '../ledger-section.js';
import { drainText } from '../running-drain.js';
import { counted, number } from './cause-text.js';

/** What waits for the target in force, and why. */
export function backlogFindings(facts: Facts): Finding[] {
  const { event_journal: journal } = facts;
  if ('error' in journal) return [];
  const backlog = backlogOf(facts, journal);
  return [
    ...retired(facts, backlog),
    ...refused(facts, backlog),
    ...draining(facts, backlog),
    ...unsent(facts, backlog),
    ...held(journal),
    ...gone(facts, backlog),
    ...collectable(journal),
  ];
}

interface Backlog {
  /** Undefined while nothing was ever drained to the target in force. */
  readonly row: TargetLedger | undefined;
  readonly unsent: number;
  /** All that waits, held events too. */
  readonly waiting: number;
}

function backlogOf(facts: Facts, journal: JournalSection): Backlog {
  const { delivery_ledger: ledger, delivery_targets: targets } = facts;
  const row =
    'error' in ledger || 'error' in targets
      ? undefined
      : ledger.per_target.find(({ target_id }) => target_id === targets.current.target_id);
  const { waiting } = journal.drain_blocked;
  const heldEvents = Object.values(journal.held).reduce((sum, events) => sum + events, 0);
  return { row, unsent: row?.unsent ?? waiting - heldEvents, waiting };
}

/** Retired on purpose perhaps, but events come in and go nowhere. */
function retired(facts: Facts, { row, waiting }: Backlog): Finding[] {
  if (row?.retired !== true) return [];
  const name = nameOf(facts, row.target_id);
  const message = `the target in force, ${name}, is retired and gets nothing: ${counted(waiting, 'event')} waiting`;
  const more = { target_id: row.target_id, count: waiting, stops: ['dispatch'] as const };
  const weight = waiting > 0 ? problem : warning;
  return [weight('retired', message, `redrain targets restore ${name}`, more)];
}

/** What only the target could tell the last drain, and the next one may not hear again. */
function refused({ targets, mayLeave, signIn, now }: Facts, { row, waiting }: Backlog): Finding[] {
  const target = row && targets.get(row.target_id);
  if (row === undefined || target === undefined || !mayLeave || waiting === 0) return [];
  const { blockedReason: reason, blockedMessage } = target;
  const message = `${reason}: ${blockedMessage ?? 'the last drain could not go on'}`;
  const more = { target_id: row.target_id, count: waiting };
  const stopping = { ...more, stops: ['dispatch'] as const };
  if (reason === 'missing_auth') {
    return [problem('delivery', message, signIn(target), stopping)];
  }
  if (reason === 'private_teamspace_gate') {
    const advice = 'create or join a Private Teamspace, then sign in again';
    return [problem('delivery', message, { advice }, stopping)];
  }
  const isTold = row.circuit.state !== 'closed' || row.actionable.transient > 0;
  const waits = WAITS.standing(target.resumeAt, now) !== null;
  if (reason !== 'network_unavailable' || isTold || waits) return [];
  return [warning('unreachable', message, 'redrain now', more)];
}

/** Every drain that runs; the one of the target in force names no target. */
function draining(facts: Facts, { row: current }: Backlog): Finding[] {
  const { drains, delivery_ledger: ledger } = facts;
  if ('error' in ledger) return [];
  return ledger.per_target.flatMap((row) => {
    const { target_id, unsent, replay_marked } = row;
    const drain = drains.get(target_id);
    if (drain === undefined) return [];
    const where = row === current ? '' : ` at ${nameOf(facts, target_id)}`;
    const by = drain.pid === null ? '' : ` (process ${drain.pid})`;
    const message = `${drainText(drain, unsent + replay_marked)}${where}${by}`;
    return [notice('draining', message, null, { target_id, count: unsent })];
  });
}

/** Where something else stands in the way that finding says what to do. */
function unsent(facts: Facts, { row, unsent: count }: Backlog): Finding[] {
  if (count === 0 || row?.retired === true) return [];
  const message = `${counted(count, 'event')} ${count === 1 ? 'waits' : 'wait'} to be sent`;
  const more = { target_id: row?.target_id ?? null, count };
  return [notice('unsent', message, facts.mayLeave ? remedy(facts, row) : null, more)];
}

function remedy(facts: Facts, row: TargetLedger | undefined) {
  const target = row && facts.targets.get(row.target_id);
  if (row !== undefined && facts.drains.has(row.target_id)) return null;
  const resumeAt = WAITS.standing(target?.resumeAt ?? null, facts.now);
  if (resumeAt === null) return 'redrain now';
  return { advice: `wait until ${new Date(resumeAt).toISOString()}, then \`redrain now\`` };
}

/** A hold is somebody's choice, or that nobody has chosen yet. */
function held({ held }: JournalSection): Finding[] {
  const { project_not_allowed: projects = 0, missing_project: unassigned = 0 } = held;
  const findings: Finding[] = [];
  if (projects > 0)
    findings.push(
      notice(
        'held',
        `${counted(projects, 'event')} held: nobody allowed their projects`,
        { advice: '`redrain projects list`, then `redrain projects allow UUID`' },
        { count: projects },
      ),
    );
  if (unassigned > 0)
    findings.push(
      notice(
        'held',
        `${counted(unassigned, 'event')} held: they name no project`,
        'redrain projects allow --unassigned',
        { count: unassigned },
      ),
    );
  return findings;
}

/** What no drain can give to the target in force any more. */
function gone({ archives }: Facts, { row }: Backlog): Finding[] {
  if (row === undefined || row.retired) return [];
  const { archived, purged, target_id } = row;
  const findings: Finding[] = [];
  if (archived > 0)
    findings.push(
      notice(
        'archived',
        `${counted(archived, 'event')} only in an archive, never given to this target`,
        archives.command,
        { target_id, count: archived },
      ),
    );
  if (purged > 0)
    findings.push(
      notice(
        'purged',
        `${number(purged)} purged before this target had them: they cannot be sent`,
        null,
        { target_id, count: purged },
      ),
    );
  return findings;
}

function collectable({ gc_suggestion }: JournalSection): Finding[] {
  if (gc_suggestion === null) return [];
  const count = gc_suggestion.retained_event_count;
  const advice = '`redrain gc` says what would go, `redrain gc --yes` deletes it';
  return [notice('gc', 'every retained event is delivered everywhere', { advice }, { count })];
}
