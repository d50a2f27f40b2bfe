import { expect } from 'chai';
import type { DeliveryReceiver } from '../../src/dispatch/ports.js';
import type { NewEvent } from '../../src/journal/new-event.js';
import type { Stores } from '../../src/stores.js';
import { targetDescription } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** A fresh journal of one engine. */
export interface GivenStores {
  readonly stores: Stores;
  /** An empty directory for what stands beside the journal: locks, archives, spool. */
  readonly home: string;
  /** The same journal over another connection, for reading only; the caller closes it. */
  another(): Promise<Stores | undefined>;
  close(): Promise<void>;
}

/** How a suite gets a fresh journal; each engine brings its own. */
export type OpenStores = () => Promise<GivenStores>;

/** A fresh journal, closed after the test. */
export async function givenStores(open: OpenStores): Promise<GivenStores> {
  const given = await open();
  closeAfterTest(() => given.close());
  return given;
}

/** Makes the next target: ids count from 1. */
export async function ensureTarget({ stores }: GivenStores, name = 'a'): Promise<number> {
  return (await stores.targets.ensure(targetDescription(name), 1_000)).id;
}

/** Delivers to a target; returns the ids of what was posted. */
export async function drained(
  { stores, home }: GivenStores,
  id = 1,
  receiver: DeliveryReceiver & { posts: string[][] } = new ScriptedReceiver(),
): Promise<string[]> {
  const target = { id, url: `http://${id}.test` };
  await drainWith({ home, ledger: stores.ledger }, receiver, { target });
  return receiver.posts.flat();
}

/** Events captured and delivered to target 1. */
export async function givenDelivered(
  open: OpenStores,
  count: number,
  more: Partial<NewEvent> = {},
): Promise<GivenStores> {
  const given = await givenStores(open);
  await ensureTarget(given);
  await given.stores.journal.append(newEvents(count, 'e', more), 'capture');
  await drained(given);
  return given;
}

/** Counters, classes, ledger and digests agree with each other. */
export async function assertVerified(
  { stores, home }: GivenStores,
  only = ['counters', 'ledger', 'digests'],
): Promise<void> {
  const request = { spoolDir: `${home}/spool`, archiveDir: `${home}/archive`, only };
  const control = { signal: new AbortController().signal, progress: () => undefined };
  const { checks } = await stores.verification.verify(request, control);
  expect(checks.flatMap(({ problems }) => problems)).to.deep.equal([]);
}
