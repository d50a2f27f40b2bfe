import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Receiver, ReceiverEvent, ReceiverResult } from '../../src/index.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** A module of `examples/` as redrain loads it; closed when the test ends. */
export async function ownReceiver(
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Receiver> {
  const url = pathToFileURL(resolve('examples', path));
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { default: receiver } = (await import(url.href)) as { default: Receiver };
  closeAfterTest(async () => receiver.close?.());
  return receiver;
}

export const eventOf = (id: string, payload: string | Uint8Array = '{"a":1}'): ReceiverEvent => ({
  id,
  type: 'OrderPlaced',
  time: '2026-11-26T10:00:00Z',
  bytes: Buffer.from(payload as string),
});

/** What `deliver` says of each event. */
export async function statuses(
  receiver: Receiver,
  events: readonly ReceiverEvent[],
  generation = 1,
): Promise<string[]> {
  const signal = new AbortController().signal;
  const results = await receiver.deliver(events, { signal, generation });
  return (results as readonly ReceiverResult[]).map(({ id, status }) => `${id} ${status}`);
}
