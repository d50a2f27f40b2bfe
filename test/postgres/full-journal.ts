import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { App } from '../../src/app/app.js';
import type { TargetDrainOptions } from '../../src/app/drain-target.js';
import type { OutboundEvent, Outcome } from '../../src/dispatch/ports.js';
import { provideDigest } from '../../src/sqlite/connection.js';
import { openStores } from '../../src/sqlite/stores.js';
import { arrived, edgeRequest } from '../support/arrivals.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { WarmCli } from '../support/warm-cli.js';

const CONFIG = `
[redrain.external]
endpoint = "stub:one"
[redrain.coalesce]
Progress = ["key"]
[redrain.targets.late]
url = "stub:late"
from = "now"
`;

/** A drain that leaves nothing out. */
export const NOW: TargetDrainOptions = {
  waitForLock: false,
  ignoreBackoff: true,
  signal: new AbortController().signal,
};

/** What nothing in a test reaches easily: rows as the program writes them. */
const ROWS = [
  `INSERT INTO import_source (path, digest, fingerprint, imported_at, events) VALUES ('/old/queue.db', 'd', 'f', 1, 1)`,
  `INSERT INTO imported_row SELECT 1, 1, 1, min(seq), NULL, sha256, NULL, 3, 'a note' FROM event`,
  `INSERT INTO deployment (target_id, server_instance_id, first_seen_at) VALUES (1, 'instance', 5)`,
  `INSERT INTO edge_fault VALUES (1, 'cloned', 3, 1, 5, 6)`,
  `INSERT OR IGNORE INTO edge_conflict VALUES (1, 1, 3)`,
  `INSERT INTO edge_token VALUES ('abc', 'home-a')`,
  `INSERT OR IGNORE INTO superseded SELECT min(seq), max(seq) FROM event`,
  `INSERT INTO spool_done VALUES ('01HZ.spool', 4, 2, NULL)`,
  `UPDATE target SET lease_token = 'gone', lease_holder = 'somebody' WHERE id = 1`,
  `INSERT INTO flight SELECT id, 'claim', '[]', 9 FROM target WHERE id = 1`,
];

/** A home with a journal that has rows in every table, in every state that they can have; it goes after the test. */
export async function givenFullJournal(): Promise<string> {
  const cli = new WarmCli();
  const { home } = cli;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'config.toml'), CONFIG);
  const run = async (args: string[], stdin = '') => {
    const { code, stderr } = await cli.run(args, { stdin });
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  };
  const receiver = new ScriptedReceiver();
  const app = new App({ home, env: {}, receiver: () => receiver });
  const capture = (...events: object[]) =>
    app.captureGroup(events.map((event) => ({ bytes: Buffer.from(JSON.stringify(event)) })));
  const plain = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({
      event_id: `e${from + i}`,
      event_type: `T${i % 3}`,
      project_uuid: `p${i % 2}`,
      text: 'ünïcode 漢'.repeat(i % 9),
    }));
  await capture(...plain(0, 40));
  // Two with one key, of which the second takes the place of the first.
  for (const n of [1, 2])
    await capture({ event_id: `progress-${n}`, event_type: 'Progress', key: 'k', n });
  receiver.answer = (batch) => results(batch, (event) => outcomeOf(event));
  await app.drain(NOW);
  await app.drain({ ...NOW, to: 'late' });
  await capture(...plain(40, 60));
  await app.drain(NOW);
  // Another content for two ids, one of which is decided; one from an edge.
  await capture({ event_id: 'e1', event_type: 'T', other: 1 });
  await capture({ event_id: 'e2', event_type: 'T', other: 2 });
  const { journal, audit: _audit } = await app.stores();
  await journal.append(arrived([1, 3], edgeRequest({ excluded: [[2, 2]] })), 'capture');
  await run(['conflicts', 'resolve', 'e2', '--keep', 'incoming', '--yes']);
  await run(['replay', 'e3']);
  await app.drain(NOW);
  await app.close();
  await run(['archive', '--keep-days', '0', '--yes']);
  await run(['redact', 'e0', '--reason', 'a secret', '--yes']);
  writeFileSync(
    join(home, 'config.toml'),
    `[redrain]\nmode = "discard"\n${CONFIG}\n[redrain.families]\nEditor = "local_only"\n`,
  );
  await run(['capture', '--audit-discard'], '{"event_id":"discarded","event_type":"Editor"}');
  writeFileSync(join(home, 'config.toml'), CONFIG);
  await run(['capture'], '{"event_id":"after","event_type":"T0","project_uuid":"p0"}');
  const db = new Database(join(home, 'journal.db'));
  provideDigest(db);
  for (const statement of ROWS) db.exec(statement);
  db.close();
  const stores = await openStores(join(home, 'journal.db'), {}, Math.random);
  // Whoever writes files what captures have left to the next one.
  await stores.db.write(() => undefined);
  await stores.close();
  return home;
}

/** By its number, so that every state is there. */
function outcomeOf({ eventId }: OutboundEvent): Outcome {
  const n = Number(eventId.slice(1));
  if (n % 11 === 5) return { kind: 'rejected', reason: 'not wanted' };
  if (n % 11 === 6) return { kind: 'transient', reason: 'later' };
  if (n % 11 === 7) return { kind: 'pending', serverState: 'queued' };
  if (n % 11 === 8) return { kind: 'duplicate' };
  return { kind: 'success' };
}
