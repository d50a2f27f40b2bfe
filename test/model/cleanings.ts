import { runArchive } from '../../src/app/archive.js';
import { runGc } from '../../src/app/gc.js';
import { runRedact } from '../../src/app/redact.js';
import { runRestore } from '../../src/app/restore.js';
import type { Observed } from './observed.js';
import { NO_CONTROL, type Setting } from './setting.js';

export async function gc(at: Setting): Promise<void> {
  await at.tried(runGc(at.home.app, { vacuum: false }, NO_CONTROL));
  at.model.takeBytes('gone', false, await at.happened(isPlaced('gone')));
}

export async function archive(at: Setting, includeUndelivered: boolean): Promise<void> {
  await at.tried(runArchive(at.home.app, { includeUndelivered }, NO_CONTROL));
  at.model.takeBytes('archive', includeUndelivered, await at.happened(isPlaced('archive')));
}

/** One archive of those there are, also one that was restored before. */
export async function restore(at: Setting, nth: number): Promise<void> {
  const { observer } = at.home;
  const archives = observer.archives();
  const id = archives[nth % archives.length];
  if (id === undefined) return;
  await at.tried(runRestore(at.home.app, [id], NO_CONTROL));
  at.model.restore(observer.seqsInArchive(id), await at.happened(isPlaced('journal')));
}

/** The bytes of one event, from wherever they are. */
export async function redact(at: Setting, nth: number): Promise<void> {
  const { model, home } = at;
  const { signal } = NO_CONTROL;
  const id = model.pickRecent(nth)?.id;
  if (id === undefined) return;
  await at.tried(runRedact(home.app, id, 'it held a password', signal));
  await at.followSpool();
  const isErased = await at.happened(
    ({ events }) =>
      (seq) =>
        events[seq - 1]?.eventClass === 'redacted',
  );
  model.redact(id, isErased);
  if (at.mortality.isDead) model.halfRedacted.add(id);
  else model.halfRedacted.delete(id);
}

/** Where the bytes of an event are now. */
const isPlaced =
  (place: string) =>
  ({ events }: Observed) =>
  (seq: number) =>
    events[seq - 1]?.place === place;
