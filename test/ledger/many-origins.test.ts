import { expect } from 'chai';
import { observeSteps } from '../../src/base/steps.js';
import type { Permission } from '../../src/dispatch/ports.js';
import { type Core, EVERYTHING_ALLOWED, givenTarget, openCore } from '../support/core.js';
import { newEvent, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { StatementWatch } from '../support/statement-watch.js';
import { turnsDuring } from '../support/turns.js';
import { beginPass, claim, SUCCESS, seqsOf, settle, TRANSIENT } from './hand-drain.js';

const ORIGINS = 2_000;

/** One event of each project. */
async function givenProjects(count = ORIGINS): Promise<Core> {
  const core = await openCore();
  await givenTarget(core);
  const events = Array.from({ length: count }, (_, i) =>
    newEvent(`e${i}`, { origin: { projectUuid: `p${i}`, repoSlug: null, checkout: null } }),
  );
  await core.journal.append(events, 'capture');
  return core;
}

const odd: Permission = ({ projectUuid }) =>
  Number(projectUuid?.slice(1)) % 2 === 1 ? null : 'project_not_allowed';

describe('a pass over many origins', () => {
  it('reads them once, in pages with turns between; then a claim reads what it takes', async () => {
    const core = await givenProjects();
    const pass = await beginPass(core);
    const first = await turnsDuring(async () => {
      const claimed = await claim(core, pass, { maxEvents: 10 });
      if (claimed) await settle(core, pass, claimed, SUCCESS);
    });
    expect(first, 'turns of the first claim').to.be.at.least(4);
    const watch = new StatementWatch();
    watch.start();
    try {
      const claimed = await claim(core, pass, { maxEvents: 10 });
      expect(seqsOf(claimed)).to.deep.equal([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    } finally {
      watch.stop();
    }
    expect(watch.total.executions).to.be.below(60);
    expect(watch.total.rows).to.be.below(60);
  });

  it('delivers everything, first attempts and retries, in journal order', async () => {
    const core = await givenProjects();
    const failing = await beginPass(core);
    for (let claimed = await claim(core, failing); claimed; claimed = await claim(core, failing))
      await settle(core, failing, claimed, ({ seq }) => (seq % 3 === 0 ? TRANSIENT : SUCCESS));
    const pass = await beginPass(core);
    const seqs: number[] = [];
    for (let claimed = await claim(core, pass, { maxEvents: 300 }); claimed; ) {
      expect(seqsOf(claimed)).to.deep.equal([...seqsOf(claimed)].sort((a, b) => a - b));
      seqs.push(...seqsOf(claimed));
      await settle(core, pass, claimed, SUCCESS);
      claimed = await claim(core, pass, { maxEvents: 300 });
    }
    const thirds = Array.from({ length: ORIGINS }, (_, i) => i + 1).filter((seq) => seq % 3 === 0);
    expect(seqs).to.deep.equal(thirds);
    assertLedgerInvariant(core);
  });

  it('follows a permission that changes in the middle', async () => {
    const core = await givenProjects(40);
    const pass = await beginPass(core);
    const one = await claim(core, pass, { maxEvents: 4 });
    if (one) await settle(core, pass, one, SUCCESS);
    const two = await claim(core, pass, { maxEvents: 4, heldBy: odd });
    if (two) await settle(core, pass, two, SUCCESS);
    expect([seqsOf(one), seqsOf(two)]).to.deep.equal([
      [1, 2, 3, 4],
      [6, 8, 10, 12],
    ]);
    expect(seqsOf(await claim(core, pass, { maxEvents: 4 }))).to.deep.equal([5, 7, 9, 11]);
  });
});

describe('what a pass knows of its lanes', () => {
  it('does not make it skip events that came back since', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(4), 'capture');
    await core.db.write((db) => db.exec('DELETE FROM live WHERE seq = 2'));
    const pass = await beginPass(core);
    const one = await claim(core, pass, { maxEvents: 1 });
    if (one) await settle(core, pass, one, SUCCESS);
    core.db.statement('INSERT INTO live (origin_id, seq) VALUES (1, 2)').run();
    expect(seqsOf(await claim(core, pass))).to.deep.equal([2, 3, 4]);
  });

  it('is forgotten when a claim cannot be written', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(4), 'capture');
    const pass = await beginPass(core);
    observeSteps((name) => {
      if (name === 'storage.commit') throw new Error('the disk is full');
    });
    const failed = await claim(core, pass).catch((error: Error) => error.message);
    observeSteps(undefined);
    expect(failed).to.contain('the disk is full');
    expect(seqsOf(await claim(core, pass))).to.deep.equal([1, 2, 3, 4]);
  });

  it('is read again when events were given back', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(4), 'capture');
    const pass = await beginPass(core);
    const claimed = await claim(core, pass);
    if (claimed) await core.ledger.release(pass, claimed, claimed.events);
    expect(seqsOf(await claim(core, pass))).to.deep.equal([1, 2, 3, 4]);
  });
});

describe('the work due over many origins', () => {
  it('is read in pages with turns, and again only when something has changed', async () => {
    const core = await givenProjects();
    const none: Permission = () => 'project_not_allowed';
    const nothing = () => core.ledger.workDue(1, none);
    expect(await turnsDuring(nothing)).to.be.at.least(4);
    const watch = new StatementWatch();
    watch.start();
    try {
      expect((await nothing()).hasUnsent).to.equal(false);
    } finally {
      watch.stop();
    }
    expect(watch.total.executions).to.equal(2);
    expect((await core.ledger.workDue(1, EVERYTHING_ALLOWED)).hasUnsent).to.equal(true);
    const pass = await beginPass(core);
    for (let claimed = await claim(core, pass); claimed; claimed = await claim(core, pass))
      await settle(core, pass, claimed, SUCCESS);
    expect((await core.ledger.workDue(1, EVERYTHING_ALLOWED)).hasUnsent).to.equal(false);
  });

  it('sees what another process has written', async () => {
    const core = await openCore();
    await givenTarget(core);
    expect((await core.ledger.workDue(1, EVERYTHING_ALLOWED)).hasUnsent).to.equal(false);
    const other = await openCore(core.home);
    await other.journal.append(newEvents(1), 'capture');
    expect((await core.ledger.workDue(1, EVERYTHING_ALLOWED)).hasUnsent).to.equal(true);
  });
});

describe('the backlog over many origins', () => {
  it('is counted in pages with turns between', async () => {
    const core = await givenProjects();
    let backlog: unknown;
    const turns = await turnsDuring(async () => {
      backlog = await core.ledger.backlog(1, odd);
    });
    expect(turns).to.be.at.least(4);
    expect(backlog).to.deep.equal({
      unsent: ORIGINS / 2,
      held: { project_not_allowed: ORIGINS / 2 },
      excluded: 0,
      heldRetries: {},
      retryable: 0,
    });
  });
});

describe('replay and retry of many', () => {
  for (const [kind, outcome] of [
    ['replay', SUCCESS],
    ['retry', TRANSIENT],
  ] as const) {
    it(`${kind}: each page lets the event loop turn`, async () => {
      const core = await openCore();
      await givenTarget(core);
      await core.journal.append(newEvents(9_000), 'capture');
      const pass = await beginPass(core);
      const limits = { maxEvents: 9_000, maxBytes: 9_000_000 };
      const claimed = await claim(core, pass, { limits });
      if (claimed) await settle(core, pass, claimed, outcome);
      const turns = await turnsDuring(() =>
        core.requeue.requeue({ kind, targetId: 1, filter: {}, now: 20_000 }),
      );
      expect(turns).to.be.at.least(9);
    });
  }
});
