import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from './peer.js';
import { type PrivateServer, privateServer } from './private-server.js';

export const jetstreamPeer: Peer = {
  name: 'NATS JetStream',
  async open(directory) {
    const { connect } = await import('@nats-io/transport-node');
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
    const { server, durability, syncsFirst } = await startServer(directory);
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'EVENTS', subjects: ['events'] });
    const stream = jetstream(connection);
    return {
      durability,
      syncsFirst,
      async add({ bytes, eventId }) {
        await stream.publish('events', bytes, { msgID: eventId });
      },
      // It has no call for many; all are on their way at once.
      async addMany(events) {
        await Promise.all(
          events.map(({ bytes, eventId }) => stream.publish('events', bytes, { msgID: eventId })),
        );
      },
      async close() {
        await connection.close();
        await server.stop();
      },
    };
  },
};

/** Servers before 2.10 cannot sync before they acknowledge. */
async function startServer(
  directory: string,
): Promise<{ server: PrivateServer; durability: string; syncsFirst: boolean }> {
  try {
    const server = await natsServer(directory, ', sync_interval: always');
    return { server, durability: 'file storage, sync_interval: always', syncsFirst: true };
  } catch {
    const server = await natsServer(directory, '');
    const durability = 'file storage, acknowledged before it is synced';
    return { server, durability, syncsFirst: false };
  }
}

function natsServer(directory: string, more: string): Promise<PrivateServer> {
  const config = join(directory, 'nats.conf');
  writeFileSync(config, `jetstream { store_dir: ${JSON.stringify(directory)}${more} }\n`);
  return privateServer('nats-server', (port) => [
    ...['-c', config, '-a', '127.0.0.1', '-p', String(port)],
  ]);
}
