import { WAITS } from '../../dispatch/waits.js';
import type { ResetSignalRecord } from '../../targets/registry.js';
import { type Facts, nameOf } from '../facts.js';
import { type Finding, notice, problem, warning } from '../finding.js';
import type { TargetLedger } from '../ledger-section.js';
import { causesText, counted, number } from './cause-text.js';

/** Targets that are not in force and are named one by one; the rest is one line. */
const MOST_NAMED = 5;

/** What every target in use has not been given, most pressing first. */
export function deliveryFindings(facts: Facts): Finding[] {
  const { delivery_ledger: ledger, delivery_targets: targets } = facts;
  if ('error' in ledger || 'error' in targets) return [];
  const inUse = ledger.per_target.filter(({ retired }) => !retired);
  const isCurrent = (row: TargetLedger): boolean => row.target_id === targets.current.target_id;
  const current = inUse.filter(isCurrent).flatMap((row) => ofTarget(facts, row, true));
  const others = inUse
    .filter((row) => !isCurrent(row))
    .map((row) => ofTarget(facts, row, false))
    .filter((findings) => findings.length > 0);
  const named = others.slice(0, MOST_NAMED).flat();
  return [...current, ...named, ...unnamed(others.length - MOST_NAMED)];
}

function unnamed(targets: number): Finding[] {
  if (targets <= 0) return [];
  const message = `${counted(targets, 'further target')} did not get everything`;
  const advice =
    '`redrain targets` lists them; `redrain targets retire NAME` ends it for one that is gone';
  return [warning('other_targets', message, { advice }, { count: targets })];
}

/** What is wrong at the target in force is a problem; an earlier one may be gone for good. */
function ofTarget(facts: Facts, row: TargetLedger, isCurrent: boolean): Finding[] {
  const target = facts.targets.get(row.target_id);
  const at = {
    row,
    name: nameOf(facts, row.target_id),
    where: isCurrent ? '' : ` at ${nameOf(facts, row.target_id)}`,
    wrong: isCurrent ? problem : warning,
    now: nowCommand(facts, row, isCurrent),
    resumeAt: WAITS.standing(target?.resumeAt ?? null, facts.now),
    signal: target?.resetSignal ?? null,
  };
  return [circuit, asked, terminal, rejected, transient, reset, pending, replays].flatMap((look) =>
    look(at),
  );
}

interface At {
  readonly row: TargetLedger;
  readonly name: string;
  readonly where: string;
  readonly wrong: typeof problem;
  /** `redrain now`, where it would send; null where something else must come first. */
  readonly now: string | null;
  /** Until when the target asked to be left alone. */
  readonly resumeAt: number | null;
  readonly signal: ResetSignalRecord | null;
}

function nowCommand(facts: Facts, { target_id }: TargetLedger, isCurrent: boolean): string | null {
  if (isCurrent) return facts.mayLeave ? 'redrain now' : null;
  return facts.mayLeaveToNamed ? `redrain now --target ${nameOf(facts, target_id)}` : null;
}

/** A wait that the target asked for holds for `now` too. */
const remedyNow = ({ now, resumeAt }: At) =>
  resumeAt === null ? now : { advice: `wait until ${iso(resumeAt)}, then \`redrain now\`` };

const iso = (at: number): string => new Date(at).toISOString();

/** Events that a retry may still change. */
const left = ({ row }: At): number =>
  row.unsent + row.actionable.pending + row.actionable.rejected + row.actionable.transient;

function circuit(at: At): Finding[] {
  const { row, where, wrong } = at;
  const { state, failures, next_attempt_at } = row.circuit;
  if (state === 'closed' || left(at) === 0) return [];
  const again = next_attempt_at === null ? '' : `, workers try again at ${next_attempt_at}`;
  const cause = causesText(row.causes, 'transient');
  const why = cause === null ? '' : ` · ${cause}`;
  const message = `circuit ${state.replace('_', ' ')}${where} after ${number(failures)} failed ${failures === 1 ? 'batch' : 'batches'}${again}${why}`;
  const more = { target_id: row.target_id, stops: ['dispatch'] as const, count: failures };
  return [wrong('circuit', message, remedyNow(at), more)];
}

function asked(at: At): Finding[] {
  const { row, name, resumeAt } = at;
  if (resumeAt === null || left(at) === 0) return [];
  const message = `${name} asked to be left alone until ${iso(resumeAt)}`;
  const more = { target_id: row.target_id, stops: ['dispatch'] as const };
  return [warning('asked_to_wait', message, remedyNow(at), more)];
}

function terminal(at: At): Finding[] {
  const { row, name, where, wrong } = at;
  const { terminal: count } = row.actionable;
  if (count === 0) return [];
  const message = stateText(row, 'terminal', count, `failed for good${where}`);
  const more = { target_id: row.target_id, count };
  return [wrong('terminal', message, `redrain retry --target ${name}`, more)];
}

function rejected(at: At): Finding[] {
  const { row, where, wrong } = at;
  const { rejected: count } = row.actionable;
  if (count === 0) return [];
  const message = stateText(row, 'rejected', count, `rejected${where}`);
  return [wrong('rejected', message, remedyNow(at), { target_id: row.target_id, count })];
}

function transient(at: At): Finding[] {
  const { row, where } = at;
  const { transient: count } = row.actionable;
  if (count === 0) return [];
  const message = stateText(row, 'transient', count, `to be tried again${where}`);
  return [warning('transient', message, remedyNow(at), { target_id: row.target_id, count })];
}

/** `3,500 rejected · "type PaymentFailed refused"` */
function stateText(
  row: TargetLedger,
  state: 'rejected' | 'transient' | 'terminal',
  count: number,
  what: string,
): string {
  const causes = causesText(row.causes, state);
  return `${number(count)} ${what}${causes === null ? '' : ` · ${causes}`}`;
}

/** Only the operator knows whether anything was lost. */
function reset({ row, name, signal }: At): Finding[] {
  if (signal === null) return [];
  const { field, before, after } = signal;
  const message = `${name} may have been reset: ${field} changed from ${before} to ${after} (if nothing was lost: \`redrain targets ack ${name}\`)`;
  const command = `redrain replay --target ${name} && redrain targets ack ${name}`;
  return [warning('reset', message, command, { target_id: row.target_id })];
}

function pending(at: At): Finding[] {
  const { row, where, now, resumeAt } = at;
  const { pending: count } = row.actionable;
  if (count === 0) return [];
  const message = `${number(count)} accepted and not decided yet${where}`;
  const remedy = resumeAt === null && now !== null ? `${now} --wait` : remedyNow(at);
  return [notice('pending', message, remedy, { target_id: row.target_id, count })];
}

function replays(at: At): Finding[] {
  const { row, where } = at;
  const { replay_marked: count } = row;
  if (count === 0) return [];
  const message = `${number(count)} marked to be delivered again${where}`;
  return [notice('replay', message, remedyNow(at), { target_id: row.target_id, count })];
}
