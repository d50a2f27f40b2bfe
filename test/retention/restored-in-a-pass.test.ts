import { expect } from 'chai';
import { archiveEvents } from '../../src/retention/archiving.js';
import { restoreArchive } from '../../src/retention/restoring.js';
import { givenTarget } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { describeOnEachEngine } from '../support/each-engine.js';
import { newEvents } from '../support/events.js';
import { ScriptedReceiver, transient } from '../support/scripted-receiver.js';
import { EVEN_UNDELIVERED, type Keeping, NO_CONTROL, openKeeping } from './given-journal.js';

/** Found by `npm run soak`: the event had two outcomes in one pass. */
describeOnEachEngine('an event that is archived and restored while a drain goes on', (open) => {
  it('waits for the next pass when this one has tried it', async () => {
    const keeping = await openKeeping(open);
    await givenTarget(keeping);
    await keeping.journal.append(newEvents(2), 'capture');
    const receiver = new ScriptedReceiver();
    receiver.limits = { maxEvents: 1, maxBytes: 10_000 };
    receiver.answer = async (batch) => {
      if (receiver.posts.length === 2) await thereAndBack(keeping);
      return transient(batch);
    };
    await drainWith(keeping, receiver);
    expect(receiver.posts).to.deep.equal([['e-000001'], ['e-000002']]);
    await keeping.assertInvariant();

    const next = new ScriptedReceiver();
    await drainWith(keeping, next);
    expect(next.posts).to.deep.equal([['e-000001', 'e-000002']]);
    await keeping.assertInvariant();
  });
});

/** Everything that is not on the wire. */
async function thereAndBack({ retention, restoring, directory }: Keeping): Promise<void> {
  const scope = EVEN_UNDELIVERED;
  await archiveEvents({ retention, directory, scope, now: 1_795_358_210_123, control: NO_CONTROL });
  for (const path of directory.manifests())
    await restoreArchive(restoring, path, { now: 9_000, dryRun: false, control: NO_CONTROL });
}
