import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { Peer } from './peer.js';

export const litequePeer: Peer = {
  name: 'liteque',
  async open(directory) {
    const { buildDBClient, SqliteQueue } = await import('liteque');
    const client = buildDBClient(join(directory, 'queue.db'), { runMigrations: true });
    const { session } = client as unknown as { session: { client: Database.Database } };
    const db = session.client;
    // It sets NORMAL.
    db.pragma('synchronous = FULL');
    const options = { defaultJobArgs: { numRetries: 3 }, keepFailedJobs: true };
    const queue = new SqliteQueue<string>('events', client, options);
    return {
      durability: 'SQLite, synchronous=FULL',
      syncsFirst: true,
      async add({ bytes }) {
        await queue.enqueue(bytes.toString());
      },
      async close() {
        db.close();
      },
    };
  },
};
