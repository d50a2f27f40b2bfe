import { openRedrain } from '../../src/index.js';
import type { Peer } from './peer.js';

export const redrainPeer: Peer = {
  name: 'redrain',
  async open(directory) {
    const redrain = await openRedrain({ home: directory, env: {} });
    return {
      durability: 'SQLite, synchronous=FULL',
      syncsFirst: true,
      async add({ bytes }) {
        await redrain.capture(bytes);
      },
      async addMany(events) {
        await redrain.captureMany(events.map(({ bytes }) => bytes));
      },
      close: () => redrain.close(),
    };
  },
};
