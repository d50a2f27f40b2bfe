import type { NewEvent } from '../../src/journal/new-event.js';
import { ArchiveDirectory } from '../../src/retention/archive-directory.js';
import type { JobControl } from '../../src/retention/job-control.js';
import { type Core, givenTarget, openCore } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { type EngineCore, engineCoreOf, type OpenCore } from '../support/each-engine.js';
import { newEvents } from '../support/events.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { stateOf } from '../support/temporary-home.js';

/** The stores on one journal of any engine, and its archives. */
export interface Keeping extends EngineCore {
  readonly directory: ArchiveDirectory;
}

export async function openKeeping(open: OpenCore): Promise<Keeping> {
  return withArchives(await open());
}

/** The same on SQLite, for what is in its nature. */
export interface SqliteKeeping extends Keeping, Pick<Core, 'db' | 'file'> {}

export async function openSqliteKeeping(home?: string): Promise<SqliteKeeping> {
  const core = await openCore(home);
  return { ...withArchives(engineCoreOf(core)), db: core.db, file: core.file };
}

const withArchives = (core: EngineCore): Keeping => ({
  ...core,
  directory: new ArchiveDirectory(`${stateOf(core.home)}/archive`),
});

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
  open: OpenCore,
  count: number,
  more: Partial<NewEvent> = {},
): Promise<Keeping> {
  const keeping = await openKeeping(open);
  await deliver(keeping, count, more);
  return keeping;
}

export async function givenDeliveredOnSqlite(
  count: number,
  more: Partial<NewEvent> = {},
): Promise<SqliteKeeping> {
  const keeping = await openSqliteKeeping();
  await deliver(keeping, count, more);
  return keeping;
}

async function deliver(keeping: Keeping, count: number, more: Partial<NewEvent>): Promise<void> {
  await givenTarget(keeping);
  await keeping.journal.append(newEvents(count, 'e', more), 'capture');
  await drainWith(keeping, new ScriptedReceiver());
}

/** Drains target `id`; returns the ids of what was posted. */
export async function delivered(
  core: EngineCore,
  id: number,
  receiver = new ScriptedReceiver(),
): Promise<string[]> {
  await drainWith(core, receiver, { target: { id, url: `http://${id}.test` } });
  return receiver.posts.flat();
}

type Rows = Pick<EngineCore, 'rows'>;

/** Event ids of every payload still here. */
export async function retained(core: Rows): Promise<string[]> {
  const found = await core.rows<{ id: string }>(
    'SELECT event_id AS id FROM event JOIN payload USING (seq) ORDER BY seq',
  );
  return found.map(({ id }) => id);
}

/** Everything the ledger and the dispatch log say. */
export async function history(core: Rows): Promise<unknown> {
  return {
    deliveries: await core.rows('SELECT * FROM delivery ORDER BY target_id, seq'),
    past: await core.rows('SELECT * FROM delivery_history ORDER BY 1, 2'),
    posts: await core.rows('SELECT * FROM post ORDER BY id'),
  };
}

export async function classes(core: Rows): Promise<Record<string, number>> {
  const found = await core.rows<{ class: string; n: number }>(
    `SELECT COALESCE(m.class, 'live') AS class, count(*) AS n FROM event LEFT JOIN mark m USING (seq) GROUP BY 1`,
  );
  return Object.fromEntries(found.map((one) => [one.class, one.n]));
}

export async function payloads(core: Rows): Promise<Map<number, string>> {
  const found = await core.rows<{ seq: number; bytes: Buffer }>('SELECT seq, bytes FROM payload');
  return new Map(found.map(({ seq, bytes }) => [seq, bytes.toString('hex')]));
}
