import type { Peer } from './peer.js';
import { connection, logSyncs, once, schemaName } from './postgres.js';

export const pgBossPeer: Peer = {
  name: 'pg-boss on PostgreSQL',
  syncs: logSyncs,
  async open() {
    const { default: PgBoss } = await import('pg-boss');
    const schema = schemaName();
    const boss = new PgBoss({
      ...connection(),
      schema,
      supervise: false,
      schedule: false,
      max: 10,
    });
    await boss.start();
    await boss.createQueue('events');
    return {
      durability: 'synchronous_commit=on',
      syncsFirst: true,
      async add({ bytes }) {
        await boss.send('events', { event: bytes.toString() });
      },
      async addMany(events) {
        await boss.insert(
          events.map(({ bytes }) => ({ name: 'events', data: { event: bytes.toString() } })),
        );
      },
      async close() {
        await boss.stop({ graceful: false, wait: true });
        await once(`DROP SCHEMA ${schema} CASCADE`);
      },
    };
  },
};
