import type { SampleEvent } from '../sample-events.js';
import type { OpenPeer } from './peer.js';

/** How events come in. */
export interface Way {
  readonly name: string;
  /** At scale 1. */
  readonly events: number;
  /** Hands all of them over, as so many callers would. */
  run(peer: OpenPeer, events: readonly SampleEvent[]): Promise<void>;
}

const PER_CALL = 1_000;
const CALLERS = 64;

const oneAfterTheOther = async (peer: OpenPeer, events: readonly SampleEvent[]): Promise<void> => {
  for (const event of events) await peer.add(event);
};

export const WAYS = {
  one: { name: 'one per call', events: 2_000, run: oneAfterTheOther },
  callers: {
    name: '64 callers at once, one per call',
    events: 20_000,
    async run(peer, events) {
      const callers = Array.from({ length: CALLERS }, (_, caller) =>
        events.filter((_, index) => index % CALLERS === caller),
      );
      await Promise.all(callers.map((own) => oneAfterTheOther(peer, own)));
    },
  },
  many: {
    name: '1000 per call',
    events: 50_000,
    async run(peer, events) {
      if (peer.addMany === undefined) throw new Error('it has no call for many');
      for (let from = 0; from < events.length; from += PER_CALL)
        await peer.addMany(events.slice(from, from + PER_CALL));
    },
  },
} satisfies Record<string, Way>;

export type WayName = keyof typeof WAYS;
