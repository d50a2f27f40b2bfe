import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { observeSteps } from '../../src/base/steps.js';
import { newEvents } from '../support/events.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { envelopes, externalTo, givenRedrain } from './given-redrain.js';

const EVENTS = 5_000;

/** What a call did between two turns of the event loop. */
interface Turns {
  /** How often timers, signals and sockets had their turn. */
  readonly turns: number;
  /** Most steps of one name, one after the other, without a turn between them. */
  readonly most: Readonly<Record<string, number>>;
}

async function turnsDuring(work: () => Promise<unknown>): Promise<Turns> {
  let turns = 0;
  let isOver = false;
  let since: Record<string, number> = {};
  const most: Record<string, number> = {};
  const onTurn = (): void => {
    turns += 1;
    since = {};
    if (!isOver) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  observeSteps((name) => {
    since[name] = (since[name] ?? 0) + 1;
    most[name] = Math.max(most[name] ?? 0, since[name]);
  });
  try {
    await work();
  } finally {
    isOver = true;
    observeSteps(undefined);
  }
  return { turns, most };
}

describe('the event loop of the program around it gets its turns', () => {
  const stub = { config: externalTo('stub:'), receiver: undefined };
  const all = envelopes(EVENTS).map((event) => ({ ...event, pad: 'z'.repeat(300) }));
  const changed = all.map((event) => ({ ...event, pad: 'q' }));

  it('between the groups of captureMany: new events, duplicates, conflicts', async () => {
    const { redrain } = await givenRedrain(stub);
    for (const events of [all, all, changed]) {
      const { most } = await turnsDuring(() => redrain.captureMany(events));
      expect(most['journal.appended']).to.equal(1);
    }
  });

  it('before much is compared by value in one transaction', async () => {
    const { redrain } = await givenRedrain(stub);
    await redrain.captureMany(all.slice(0, 1_000));
    const few = await turnsDuring(() => redrain.captureMany(changed.slice(0, 2)));
    expect(few.most).to.not.have.property('journal.comparing');
    const many = await turnsDuring(() => redrain.captureMany(changed.slice(0, 1_000)));
    expect(many.most['journal.comparing']).to.equal(1);
    expect(many.turns).to.be.greaterThan(1);
  });

  it('while a loop captures one event after the other', async () => {
    const { redrain } = await givenRedrain(stub);
    await redrain.capture({ event_type: 'T' });
    const { turns } = await turnsDuring(async () => {
      const end = performance.now() + 200;
      while (performance.now() < end) await redrain.capture({ event_type: 'T' });
    });
    expect(turns).to.be.greaterThan(2);
  });

  it('between the requests of a drain to a stub', async () => {
    const { redrain } = await givenRedrain(stub);
    await redrain.captureMany(all);
    const { most } = await turnsDuring(() => redrain.drain());
    expect(most['dispatch.claimed']).to.equal(1);
    expect(most['dispatch.settled']).to.equal(1);
  });

  it('between the pages of replay, retry, diff and events, dry runs included', async () => {
    const { redrain } = await givenRedrain(stub);
    await redrain.captureMany(all);
    await redrain.drain();
    const pages = EVENTS / 1_000;
    const replay = await turnsDuring(() => redrain.replay({ target: '1' }));
    expect(replay.most['requeue.page']).to.equal(1);
    // What they would mark is in the counters of the ledger, or counted in few statements.
    for (const call of [
      () => redrain.replay({ target: '1', dryRun: true, since: 0 }),
      () => redrain.retry({ target: '1', dryRun: true, since: 0 }),
    ])
      expect((await turnsDuring(call)).most['requeue.page'] ?? 0, String(call)).to.equal(0);
    for (const call of [
      () => redrain.diff('1', '1'),
      () => redrain.events({ state: 'rejected' }),
      () => redrain.events({ limit: EVENTS }),
    ]) {
      const { turns } = await turnsDuring(call);
      expect(turns, String(call)).to.be.at.least(Math.ceil(Math.log2(pages)));
    }
  });

  it('between the files of a spool', async () => {
    const { home, redrain } = await givenRedrain(stub);
    await redrain.capture({ event_type: 'T' });
    const app = new App({ home, env: {} });
    closeAfterTest(() => app.close());
    await app.stores();
    for (let i = 0; i < 4; i += 1) spoolOne(app, i);
    const { most } = await turnsDuring(() => app.ingestSpool());
    expect(most['journal.spool-appended']).to.equal(1);
  });
});

function spoolOne(app: App, i: number): void {
  app.spool.write(newEvents(2, `s${i}-`));
}
