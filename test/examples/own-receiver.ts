import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type DrainReport,
  openRedrain,
  type Receiver,
  type ReceiverEvent,
  type ReceiverResult,
} from '../../src/index.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

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

/** Drains three events to a module of `examples/` as a target, and then, as a replay, once more. */
export async function drainedTwice(
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<DrainReport[]> {
  const home = temporaryHome();
  const address = `module:${resolve('examples', path)}?${new URLSearchParams(query)}`;
  const table = `[sync.targets.own]\nurl = ${JSON.stringify(address)}\n`;
  writeFileSync(
    join(home, 'config.toml'),
    `[sync]\nmode = "EXTERNAL_RECEIVER"\ntarget = "own"\n${table}`,
  );
  const reports: DrainReport[] = [];
  for (let time = 0; time < 2; time += 1) {
    const redrain = await openRedrain({ home, env: {} });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany([0, 1, 2].map((i) => ({ event_id: `o${i}`, event_type: 'Order' })));
    reports.push(await redrain.drain());
    await redrain.replay({ target: 'own' });
    await redrain.close();
  }
  return reports;
}
