import type { NewEvent } from '../../src/journal/new-event.js';
import { ArchiveDirectory } from '../../src/retention/archive-directory.js';
import type { JobControl } from '../../src/retention/job-control.js';
import { SqliteSpace } from '../../src/sqlite/retention/journal-space.js';
import { SqliteRedaction } from '../../src/sqlite/retention/redaction-store.js';
import { SqliteRestore } from '../../src/sqlite/retention/restore-store.js';
import { SqliteRetention } from '../../src/sqlite/retention/retention-store.js';
import { type Core, givenTarget, openCore, rows } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { stateOf } from '../support/temporary-home.js';

/** The stores of retention on one journal. */
export interface Keeping extends Core {
  readonly retention: SqliteRetention;
  readonly restoring: SqliteRestore;
  readonly redaction: SqliteRedaction;
  readonly space: SqliteSpace;
  readonly directory: ArchiveDirectory;
}

export async function openKeeping(home?: string): Promise<Keeping> {
  const core = await openCore(home);
  return {
    ...core,
    retention: new SqliteRetention(core.db),
    restoring: new SqliteRestore(core.db),
    redaction: new SqliteRedaction(core.db),
    space: new SqliteSpace(core.db),
    directory: new ArchiveDirectory(`${stateOf(core.home)}/archive`),
  };
}

/** Nobody watches and nothing stops it. */
export const NO_CONTROL: JobControl = {
  signal: new AbortController().signal,
  progress: () => undefined,
};

/** Everything, whenever it was captured. */
export const ANY_AGE = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: false };
export const EVEN_UNDELIVERED = { ...ANY_AGE, includeUndelivered: true };

/** Events captured and delivered to target 1. */
export async function givenDelivered(
  count: number,
  more: Partial<NewEvent> = {},
): Promise<Keeping> {
  const keeping = await openKeeping();
  await givenTarget(keeping);
  await keeping.journal.append(newEvents(count, 'e', more), 'capture');
  await drainWith(keeping, new ScriptedReceiver());
  return keeping;
}

/** Drains target `id`; returns the ids of what was posted. */
export async function delivered(
  core: Core,
  id: number,
  receiver = new ScriptedReceiver(),
): Promise<string[]> {
  await drainWith(core, receiver, { target: { id, url: `http://${id}.test` } });
  return receiver.posts.flat();
}

/** Event ids of every payload still here. */
export function retained(core: Core): string[] {
  return rows<{ id: string }>(
    core,
    'SELECT event_id AS id FROM event JOIN payload USING (seq) ORDER BY seq',
  ).map(({ id }) => id);
}

/** Everything the ledger and the dispatch log say. */
export function history(core: Core): unknown {
  return {
    deliveries: rows(core, 'SELECT * FROM delivery ORDER BY target_id, seq'),
    past: rows(core, 'SELECT * FROM delivery_history ORDER BY 1, 2'),
    posts: rows(core, 'SELECT * FROM post ORDER BY id'),
  };
}

export function classes(core: Core): Record<string, number> {
  const found = rows<{ class: string; n: number }>(
    core,
    `SELECT COALESCE(m.class, 'live') AS class, count(*) AS n FROM event LEFT JOIN mark m USING (seq) GROUP BY 1`,
  );
  return Object.fromEntries(found.map((one) => [one.class, one.n]));
}

export function payloads(core: Core): Map<number, string> {
  const found = rows<{ seq: number; hex: string }>(
    core,
    'SELECT seq, hex(bytes) AS hex FROM payload',
  );
  return new Map(found.map(({ seq, hex }) => [seq, hex]));
}
