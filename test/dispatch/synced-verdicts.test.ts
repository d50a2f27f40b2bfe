import { expect } from 'chai';
import { observeSteps } from '../../src/base/steps.js';
import type { OutboundEvent } from '../../src/dispatch/ports.js';
import { type Core, givenTarget, openCore } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';

/** What `PRAGMA synchronous` says of a commit that waits for the disk. */
const FULL = 2;

describe('the commits of a pass', () => {
  let core: Core;
  let receiver: ScriptedReceiver & { requestsAtOnce?: number };
  /** What each commit was for, and whether it waited for the disk. */
  let commits: { of: string; isSynced: boolean }[];

  beforeEach(async () => {
    core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(40), 'capture');
    receiver = new ScriptedReceiver();
    receiver.limits = { maxEvents: 4, maxBytes: 512 * 1024 };
    commits = [];
    let isSynced = true;
    observeSteps((name) => {
      if (name === 'storage.commit') isSynced = synchronous() === FULL;
      else if (OF_A_COMMIT.has(name)) commits.push({ of: name, isSynced });
    });
  });
  afterEach(() => observeSteps(undefined));

  const synchronous = () => core.db.statement('PRAGMA synchronous').pluck().get();
  const OF_A_COMMIT = new Set(['dispatch.claimed', 'dispatch.settled', 'dispatch.pass-ended']);
  const isSyncedAll = (of: string): boolean =>
    commits.filter((commit) => commit.of === of).every(({ isSynced }) => isSynced);

  for (const [format, requestsAtOnce] of Object.entries({ batches: undefined, singles: 8 }))
    it(`leave the sync of verdicts on ${format} to the next claim, never that of a claim`, async () => {
      if (requestsAtOnce !== undefined) receiver.requestsAtOnce = requestsAtOnce;
      expect(await drainWith(core, receiver)).to.include({ delivered: 40 });
      expect(isSyncedAll('dispatch.claimed'), 'claims').to.equal(true);
      expect(isSyncedAll('dispatch.settled'), 'verdicts').to.equal(false);
    });

  it('end with one that is synced, so that what is called delivered is on the disk', async () => {
    await drainWith(core, receiver);
    expect(commits.at(-1)).to.deep.equal({ of: 'dispatch.pass-ended', isSynced: true });
    expect(synchronous()).to.equal(FULL);
  });

  it('end with one that is synced also where a signal ends the pass', async () => {
    const stopping = new AbortController();
    receiver.answer = (batch: readonly OutboundEvent[]) => {
      if (receiver.posts.length === 3) stopping.abort();
      return results(batch, () => ({ kind: 'success' }));
    };
    const report = await drainWith(core, receiver, { signal: stopping.signal });
    expect(report).to.include({ delivered: 12, interrupted: true });
    expect(commits.at(-1)).to.deep.equal({ of: 'dispatch.pass-ended', isSynced: true });
  });
});
