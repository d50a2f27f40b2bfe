import { expect } from 'chai';
import fc from 'fast-check';
import type { DeliveryReport, OutboundEvent } from '../../src/dispatch/ports.js';
import { type Core, givenTarget, openCore, rows } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { refused, results, ScriptedReceiver } from '../support/scripted-receiver.js';

const TOO_OLD = 'timestamp is too old';

/** Refuses every batch with an event that is bad, always with one message. */
function refuses(isBad: (event: OutboundEvent) => boolean, reason = TOO_OLD) {
  return (batch: readonly OutboundEvent[]): DeliveryReport =>
    batch.some(isBad)
      ? refused(batch, { kind: 'rejected', reason })
      : results(batch, () => ({ kind: 'success' }));
}

const isCalled =
  (prefix: string) =>
  ({ eventId }: OutboundEvent): boolean =>
    eventId.startsWith(prefix);

describe('events refused for one cause', () => {
  let core: Core;
  let receiver: ScriptedReceiver;
  beforeEach(async () => {
    core = await openCore();
    await givenTarget(core);
    receiver = new ScriptedReceiver();
  });
  afterEach(() => assertLedgerInvariant(core));

  const deliveredOf = (prefix: string): number =>
    rows(
      core,
      `SELECT 1 FROM delivery JOIN event USING (seq) WHERE status = 'success' AND event_id LIKE ? || '%'`,
      prefix,
    ).length;

  /** Bad and good ones in turn, as many as given. */
  async function given(...counts: number[]): Promise<void> {
    for (const [i, count] of counts.entries())
      await core.journal.append(newEvents(count, `${i % 2 === 0 ? 'bad' : 'good'}${i}`), 'capture');
    receiver.answer = refuses(isCalled('bad'));
  }

  const behind: [counts: number[], maxEvents: number][] = [
    [[60, 5], 1000],
    [[100, 5], 1000],
    [[300, 5], 1000],
    [[1000, 5], 1000],
    [[700, 5], 500],
    [[3000, 1200], 1000],
    [[500, 500, 500, 500], 1000],
    [[500, 5], 100],
    [[9, 1], 3],
    [[40, 20, 40, 20], 1000],
  ];
  for (const [counts, maxEvents] of behind)
    it(`does not delay those behind: ${counts.join(', ')} in batches of ${maxEvents}`, async () => {
      receiver.limits = { maxEvents, maxBytes: 8_000_000 };
      await given(...counts);
      await drainWith(core, receiver);
      const good = counts.filter((_, i) => i % 2 === 1).reduce((sum, n) => sum + n, 0);
      expect(deliveredOf('good'), `after ${receiver.posts.length} posts`).to.equal(good);
      expect(receiver.posts.length).to.be.lessThan(700);
    });

  it('does not delay good ones between them by more than one pass', async () => {
    await given(60, 5, 60);
    await drainWith(core, receiver);
    await drainWith(core, receiver);
    expect(deliveredOf('good')).to.equal(5);
  });

  it('takes new events before it continues with those that were put aside', async () => {
    await given(60, 0, 60);
    await drainWith(core, receiver);
    await core.journal.append(newEvents(10, 'good'), 'capture');
    receiver.posts.length = 0;
    await drainWith(core, receiver);
    expect(receiver.posts[0]?.every((id) => id.startsWith('good'))).to.equal(true);
    expect(deliveredOf('good')).to.equal(10);
  });

  it('is a bad line where every later event is refused as well: it stops early', async () => {
    for (const [count, most] of [
      [1_000, 40],
      [20_000, 150],
    ] as const) {
      await core.journal.append(newEvents(count, `x${count}`), 'capture');
      receiver.answer = refuses(() => true, 'proxy says no');
      receiver.posts.length = 0;
      const report = await drainWith(core, receiver);
      expect(receiver.posts.length, `posts of ${count}`).to.be.lessThan(most);
      expect(report.rejected).to.be.within(9, 17);
      if (count > 1_000) expect(report.message).to.contain('proxy says no');
    }
  });

  it('waits with those that were put aside: a bad line is not asked again at once', async () => {
    await core.journal.append(newEvents(500), 'capture');
    receiver.answer = refuses(() => true, 'proxy says no');
    await drainWith(core, receiver);
    receiver.posts.length = 0;
    await drainWith(core, receiver, { ignoreBackoff: false });
    expect(receiver.posts).to.have.length(0);
  });

  it('looks among known suspects for a while only, and says what it met', async () => {
    await core.journal.append(newEvents(1_000), 'capture');
    receiver.answer = refuses(() => true, 'proxy says no');
    await drainWith(core, receiver);
    receiver.posts.length = 0;
    const report = await drainWith(core, receiver);
    expect(receiver.posts.length).to.be.lessThan(160);
    expect(report.message).to.contain('proxy says no');
  });

  it('costs at most 2N-1 posts a claim, whoever is bad', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), async (bad) => {
        round += 1;
        const events = newEvents(bad.length, `r${round}-`);
        const isBad = new Set(events.filter((_, i) => bad[i]).map(({ eventId }) => eventId));
        await core.journal.append(events, 'capture');
        const before = receiver.posts.length;
        receiver.answer = refuses(({ eventId }) => isBad.has(eventId));
        await drainWith(core, receiver, { ignoreBackoff: false });
        expect(receiver.posts.length - before).to.be.at.most(2 * bad.length - 1);
      }),
      { numRuns: 40 },
    );
  });
});
