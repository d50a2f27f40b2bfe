import { activeRow } from '../app/named-target.js';
import { modeGate, newStartOf, permissionAt } from '../app/target-permission.js';
import type { ClosedGate } from '../dispatch/ports.js';
import { WAITS } from '../dispatch/waits.js';
import type { WorkDue } from '../ledger/delivery-ledger.js';
import type { TargetRecord } from '../targets/registry.js';
import type { Service } from './service.js';

/** A target as a drain would find it now. */
export interface Prospect {
  /** Undefined while nothing was ever drained to the active target. */
  readonly target: TargetRecord | undefined;
  readonly work: WorkDue;
  /** Until when the target or its circuit wants to be left alone; 0 when it does not. */
  readonly quietUntil: number;
}

/** No row has this id: what is due there is what is due at any new target. */
const NO_TARGET = 0;

/** What there is to do for a target, or why nothing can be: a closed gate or no active target. */
export async function prospectOf(
  { app }: Service,
  targetId: number | undefined,
): Promise<Prospect | ClosedGate | undefined> {
  const situation = await app.situation();
  const { ledger, targets } = await app.stores();
  const off = modeGate(situation);
  if (targetId !== undefined && off !== undefined) return off;
  if (targetId === undefined && situation.gate !== undefined) return situation.gate;
  if (targetId === undefined && situation.description === undefined) return undefined;
  const target =
    targetId === undefined ? await activeRow(targets, situation) : await targets.find(targetId);
  const subject = { record: target };
  const heldBy = permissionAt(situation, subject);
  const isMoving = (await newStartOf(targets, situation, app.now(), subject)) !== null;
  const work = await ledger.workDue(target?.id ?? NO_TARGET, heldBy);
  return {
    target,
    // A drain moves the start of the target first: what there is then, nobody knows yet.
    work: isMoving ? { ...work, hasUnsent: true } : work,
    quietUntil: Math.max(
      WAITS.standing(target?.resumeAt ?? null, app.now()) ?? 0,
      WAITS.standing(target?.circuitOpenUntil ?? null, app.now()) ?? 0,
    ),
  };
}
