/**
 * A machine that captures events into a journal on PostgreSQL and drains them. It tells
 * its parent what was acknowledged and what is posted, and waits for leave to answer.
 */
import { openStores } from '../../../src/postgres/stores.js';
import { drainWith } from '../../support/drains.js';
import { newEvents } from '../../support/events.js';
import { results, ScriptedReceiver } from '../../support/scripted-receiver.js';
import type { FromDraining } from '../draining-machine.js';

const [url = '', prefix = '', waits] = process.argv.slice(2);

const tell = (message: FromDraining): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });

const stores = await openStores(url);
const events = newEvents(6, prefix);
await stores.journal.append(events, 'capture');
await tell({ acknowledged: events.map(({ eventId }) => eventId) });

const receiver = new ScriptedReceiver();
receiver.limits = { maxEvents: 2, maxBytes: 1_000_000 };
receiver.answer = async (batch) => {
  const leave = waits === 'waits' && new Promise((resolve) => process.once('message', resolve));
  await tell({ posted: batch.map(({ eventId }) => eventId) });
  await leave;
  return results(batch, () => ({ kind: 'success' }));
};
const report = await drainWith({ home: '', ledger: stores.ledger }, receiver, {
  lock: stores.targetLock(1),
});
await tell({ ended: report.blocked_reason });
await stores.close();
process.disconnect();
