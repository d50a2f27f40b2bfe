/**
 * A machine with a home of its own that captures events and drains them, twice. It tells its
 * parent what was acknowledged and what it posts, and goes on after what fails.
 */
import { randomBytes } from 'node:crypto';
import { openRedrain } from '../../../../src/index.js';
import { results, ScriptedReceiver } from '../../../support/scripted-receiver.js';
import { BATCH, type FromMachine, TARGET } from '../held-machine.js';

const [home = '', url = '', prefix = '', bytes = '0'] = process.argv.slice(2);

/** Passes of a drain that meets trouble. */
const TRIES = 4;

const tell = (message: FromMachine): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });

const receiver = new ScriptedReceiver();
receiver.limits = { maxEvents: BATCH, maxBytes: 1_000_000 };
receiver.answer = async (batch) => {
  await tell({ posted: batch.map(({ eventId }) => eventId) });
  return results(batch, () => ({ kind: 'success' }));
};

const redrain = await openRedrain({
  home,
  env: { REDRAIN_STORAGE_URL: url },
  receiver: () => receiver,
  targets: TARGET,
});

async function drains(): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1)
    try {
      await redrain.drain({ to: 'there' });
      return;
    } catch (error) {
      await tell({ trouble: (error as Error).message });
    }
}

for (const half of ['a', 'b']) {
  for (let i = 0; i < 3; i += 1) {
    const event_id = `${prefix}${half}${i}`;
    // Nothing that a database could make smaller.
    const text = randomBytes(Number(bytes)).toString('base64');
    const { kind } = await redrain.capture({ event_id, event_type: 'T', text });
    await tell({ acknowledged: event_id, kind });
  }
  await drains();
}
await redrain.close();
process.disconnect();
