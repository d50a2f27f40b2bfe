import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Peer } from './peer.js';

export const plainjobPeer: Peer = {
  name: 'plainjob',
  async open(directory) {
    const { better, defineQueue } = await import('plainjob');
    const db = new Database(join(directory, 'jobs.db'));
    const silent = () => {};
    const logger = { error: silent, warn: silent, info: silent, debug: silent };
    const queue = defineQueue({
      connection: better(db),
      logger,
      serializer: (data) => data as string,
    });
    // It sets NORMAL.
    db.pragma('synchronous = FULL');
    return {
      durability: 'SQLite, synchronous=FULL',
      syncsFirst: true,
      async add({ bytes }) {
        queue.add('event', bytes.toString());
      },
      async addMany(events) {
        const texts = events.map(({ bytes }) => bytes.toString());
        queue.addMany('event', texts);
      },
      async close() {
        queue.close();
      },
    };
  },
};
