import { join } from 'node:path';
import { expect } from 'chai';
import { drainWith } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { stateOf } from '../support/temporary-home.js';
import { ensureTarget, type GivenStores, givenStores, type OpenStores } from './given-stores.js';

const NEVER = new AbortController().signal;

/** What the lock of a target promises, whichever engine brings it. */
export function describeTargetLock(name: string, open: OpenStores): void {
  describe(`target lock on ${name}`, () => {
    const lockOf = ({ stores, home }: GivenStores, id = 1) =>
      stores.targetLock(id, join(stateOf(home), 'locks'));

    it('has one holder at a time, and each target has its own', async () => {
      const given = await givenTargets(open);
      const held = await lockOf(given).acquire(false, NEVER);
      expect(held).to.not.equal(undefined);
      expect(await lockOf(given).acquire(false, NEVER)).to.equal(undefined);
      const other = await lockOf(given, 2).acquire(false, NEVER);
      expect(other).to.not.equal(undefined);
      await other?.release();
      expect(await lockOf(given).acquire(false, NEVER)).to.equal(undefined);
      await held?.release();
    });

    it('goes to whoever waits for it, as soon as it is given back', async () => {
      const given = await givenTargets(open);
      const held = await lockOf(given).acquire(false, NEVER);
      const waiting = lockOf(given).acquire(true, NEVER);
      await held?.release();
      const next = await waiting;
      expect(next).to.not.equal(undefined);
      expect(await lockOf(given).acquire(false, NEVER)).to.equal(undefined);
      await next?.release();
    });

    it('is not waited for once the signal aborts', async () => {
      const given = await givenTargets(open);
      const held = await lockOf(given).acquire(false, NEVER);
      const controller = new AbortController();
      const waiting = lockOf(given).acquire(true, controller.signal);
      controller.abort();
      expect(await waiting).to.equal(undefined);
      await held?.release();
    });

    it('holds for the whole of a pass, and is free after it', async () => {
      const given = await givenTargets(open);
      await given.stores.journal.append(newEvents(3), 'capture');
      const receiver = new ScriptedReceiver();
      let duringPass: unknown = 'not asked';
      const deliver = receiver.deliver.bind(receiver);
      receiver.deliver = async (...args) => {
        duringPass = await lockOf(given).acquire(false, NEVER);
        return deliver(...args);
      };
      const { home, stores } = given;
      const lock = lockOf(given);
      await drainWith({ home, ledger: stores.ledger }, receiver, { lock });
      expect(receiver.posts.flat()).to.have.length(3);
      expect(duringPass).to.equal(undefined);
      const after = await lockOf(given).acquire(false, NEVER);
      expect(after).to.not.equal(undefined);
      await after?.release();
    });
  });
}

async function givenTargets(open: OpenStores): Promise<GivenStores> {
  const given = await givenStores(open);
  for (const name of ['a', 'b']) await ensureTarget(given, name);
  return given;
}
