import type { Peer } from './peer.js';
import { privateServer } from './private-server.js';

export const bullmqPeer: Peer = {
  name: 'BullMQ on Redis',
  async open(directory) {
    const { Queue } = await import('bullmq');
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const server = await privateServer('redis-server', (port) => [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
      ...durable,
    ]);
    const queue = new Queue('events', { connection: { host: '127.0.0.1', port: server.port } });
    await queue.waitUntilReady();
    return {
      durability: 'appendfsync always',
      syncsFirst: true,
      async add({ bytes }) {
        await queue.add('event', bytes.toString());
      },
      async addMany(events) {
        await queue.addBulk(events.map(({ bytes }) => ({ name: 'event', data: bytes.toString() })));
      },
      async close() {
        await queue.close();
        await server.stop();
      },
    };
  },
};
