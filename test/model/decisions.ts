import { resolveConflict } from '../../src/app/conflicts.js';
import type { Decide } from './commands.js';
import type { Setting } from './setting.js';

/** One of the conflicts nobody has decided yet. */
export async function decide(at: Setting, { nth, keep }: Decide): Promise<void> {
  const { model, home } = at;
  const open = model.conflicts.filter(({ kept }) => kept === null);
  const conflict = open[nth % open.length];
  if (conflict === undefined) return;
  const id = model.conflicts.indexOf(conflict) + 1;
  await at.tried(resolveConflict(home.app, `${id}`, keep, true));
  const { id: eventId, sha256 } = conflict.fact;
  const line = `${eventId} ${sha256} ${keep}`;
  if (at.happened(() => home.observer.look().conflicts.includes(line))(id))
    model.decide(conflict, keep);
}
