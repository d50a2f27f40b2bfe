import { runArchive } from '../../src/app/archive.js';
import { runGc } from '../../src/app/gc.js';
import { runRestore } from '../../src/app/restore.js';
import { NO_CONTROL, type Setting } from './setting.js';

export async function gc(at: Setting): Promise<void> {
  await at.tried(runGc(at.home.app, { vacuum: false }, NO_CONTROL));
  at.model.takeBytes('gone', false, at.happened(isPlaced(at, 'gone')));
}

export async function archive(at: Setting, includeUndelivered: boolean): Promise<void> {
  await at.tried(runArchive(at.home.app, { includeUndelivered }, NO_CONTROL));
  at.model.takeBytes('archive', includeUndelivered, at.happened(isPlaced(at, 'archive')));
}

/** One archive of those there are, also one that was restored before. */
export async function restore(at: Setting, nth: number): Promise<void> {
  const { observer } = at.home;
  const archives = observer.archives();
  const id = archives[nth % archives.length];
  if (id === undefined) return;
  await at.tried(runRestore(at.home.app, [id], NO_CONTROL));
  at.model.restore(observer.seqsInArchive(id), at.happened(isPlaced(at, 'journal')));
}

/** Where the bytes of an event are now. */
function isPlaced(at: Setting, place: string): (seq: number) => boolean {
  const { events } = at.home.observer.look();
  return (seq) => events[seq - 1]?.place === place;
}
