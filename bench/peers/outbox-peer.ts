import pg from 'pg';
import type { SampleEvent } from '../sample-events.js';
import type { Peer } from './peer.js';
import { connection, logSyncs, schemaName } from './postgres.js';

export const outboxPeer: Peer = {
  name: 'outbox table on PostgreSQL',
  syncs: logSyncs,
  async open() {
    const schema = schemaName();
    const pool = new pg.Pool({ ...connection(), max: 10 });
    await pool.query(`CREATE SCHEMA ${schema}`);
    await pool.query(
      `CREATE TABLE ${schema}.outbox (id bigserial PRIMARY KEY, event_id text UNIQUE, type text, body bytea, at timestamptz DEFAULT now())`,
    );
    const insert = `INSERT INTO ${schema}.outbox (event_id, type, body) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])`;
    const addMany = async (events: readonly SampleEvent[]): Promise<void> => {
      await pool.query({
        name: 'insert',
        text: insert,
        values: [
          events.map(({ eventId }) => eventId),
          events.map(({ eventType }) => eventType),
          events.map(({ bytes }) => bytes),
        ],
      });
    };
    return {
      durability: 'synchronous_commit=on',
      syncsFirst: true,
      add: (event) => addMany([event]),
      addMany,
      async close() {
        await pool.query(`DROP SCHEMA ${schema} CASCADE`);
        await pool.end();
      },
    };
  },
};
