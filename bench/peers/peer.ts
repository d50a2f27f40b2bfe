import type { SampleEvent } from '../sample-events.js';

/** Something that keeps events durably, as the user of it would call it. */
export interface Peer {
  readonly name: string;
  /** Starts it on an empty directory. @throws where it is not on this machine. */
  open(directory: string): Promise<OpenPeer>;
  /** How often the server has synced its log so far; left out where the syncs of its process can be traced. */
  syncs?(): Promise<number>;
}

export interface OpenPeer {
  /** Which settings make what it acknowledges survive a power cut, or that none does. */
  readonly durability: string;
  /** Whether it acknowledges an event only when that has been synced. */
  readonly syncsFirst: boolean;
  /** One call, as its own API has it; resolves when the event is acknowledged. */
  add(event: SampleEvent): Promise<void>;
  /** The same for many; left out where it has no such call. */
  addMany?(events: readonly SampleEvent[]): Promise<void>;
  close(): Promise<void>;
}
