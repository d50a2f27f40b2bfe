import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { readAudit, replayAudit } from '../../src/app/audit.js';
import { observeSteps } from '../../src/base/steps.js';
import { openRedrain, type Redrain } from '../../src/index.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';

const LOCAL = { event_id: 'local', event_type: 'EditorBlinked' };
const BOUND = { event_id: 'bound', event_type: 'MissionCreated' };
const UNKNOWN = { event_id: 'unknown', event_type: 'NobodyKnows' };

describeOnEachHome('OPT_OUT', (on) => {
  it('leaves no trace of a local-only family but a count', async () => {
    const { home, redrain } = await givenOptOut(on);
    const report = await redrain.captureMany([LOCAL]);
    expect(report).to.include({ discarded: 1, captured: 0, refused: 0 });
    const status = await redrain.status();
    expect(status.event_journal).to.include({ retained_event_count: 0, discarded: 1 });
    expect(await tables(on, home)).to.include({ event: 0, payload: 0, audit: 0 });
  });

  it('journals what it may not discard, and says so', async () => {
    const { home, redrain } = await givenOptOut(on);
    const report = await redrain.captureMany([BOUND, UNKNOWN]);
    expect(report).to.include({ refused: 2, discarded: 0, captured: 0 });
    expect(report.errors.map((error) => error.event_id)).to.deep.equal(['bound', 'unknown']);
    expect(await tables(on, home)).to.include({ event: 2, payload: 2, audit: 2 });
    const app = givenApp(on, home);
    expect((await readAudit(app, 10)).map((row) => row.reason)).to.deep.equal([
      'NobodyKnows is of no known family: it may not be discarded, it was journaled',
      'MissionCreated is of a family that is kept: it may not be discarded, it was journaled',
    ]);
  });

  it('keeps the exact bytes in the audit log instead, from which they can be captured', async () => {
    const { home, redrain } = await givenOptOut(on);
    const bytes = '{ "event_id":"odd",  "event_type":"NobodyKnows" }';
    const report = await redrain.captureMany([bytes, LOCAL], { auditDiscard: true });
    expect(report).to.include({ audited: 1, discarded: 1, refused: 0 });
    expect(await tables(on, home)).to.include({ event: 0, payload: 0, audit: 1 });
    const app = givenApp(on, home);
    expect(await replayAudit(app, 'all')).to.include({ captured: 1 });
    expect(await replayAudit(app, 'all')).to.include({ captured: 0, duplicate: 1 });
    const story = await redrain.inspect('odd');
    expect(story?.revisions[0]?.bytes?.toString()).to.equal(bytes);
  });

  it('captures many of them in groups, with turns of the event loop between', async () => {
    const { home, redrain } = await givenOptOut(on);
    const events = Array.from({ length: 2_500 }, (_, i) => ({
      event_id: `e${i}`,
      event_type: 'NobodyKnows',
    }));
    await redrain.captureMany(events, { auditDiscard: true });
    const groups: number[] = [];
    let group = 0;
    observeSteps((name) => {
      if (name === 'journal.appended') group += 1;
    });
    const app = givenApp(on, home);
    const onTurn = (): void => {
      if (group > 0) groups.push(group);
      group = 0;
      if (groups.length < 3) setImmediate(onTurn);
    };
    setImmediate(onTurn);
    const counts = await replayAudit(app, 'all');
    observeSteps(undefined);
    expect(counts).to.include({ captured: 2_500 });
    expect(groups.slice(0, 2), 'transactions between two turns').to.deep.equal([1, 1]);
    expect(await tables(on, home)).to.include({ event: 2_500 });
  });

  it('captures none of those that were named when one of them holds nothing', async () => {
    const { home, redrain } = await givenOptOut(on);
    await redrain.captureMany([UNKNOWN], { auditDiscard: true });
    const refused = await replayAudit(givenApp(on, home), [1, 99]).catch((error: Error) => error);
    expect(refused).to.have.property('name', 'UnknownAuditEntryError');
    expect(await tables(on, home)).to.include({ event: 0 });
  });

  // A journal that cannot be opened is a file here; a server that cannot: test/postgres/home.test.ts.
  if (on.engine === 'SQLite')
    it('decides for spooled events when they are captured, not when they are taken in', async () => {
      const home = temporaryHome();
      optOut(home);
      const closed = await openRedrain({ home, env: {}, storage: { busyTimeoutMs: 0 } });
      mkdirSync(join(stateOf(home), 'journal.db'), { recursive: true });
      const report = await closed.captureMany([LOCAL, BOUND, UNKNOWN]);
      expect(report).to.include({ discarded: 1, refused: 2, lost: 0 });
      await closed.close();
      mendJournal(home);
      writeFileSync(join(home, 'config.toml'), '[sync]\nmode = "LOCAL_RETENTION"\n');
      const redrain = await openRedrain({ home, env: {} });
      closeAfterTest(() => redrain.close());
      await redrain.captureMany([{ event_id: 'later', event_type: 'T' }]);
      expect(await tables(on, home)).to.include({ event: 3, audit: 2 });
    });
});

async function givenOptOut(on: EngineHomes): Promise<{ home: string; redrain: Redrain }> {
  const home = temporaryHome();
  optOut(home);
  const redrain = await openRedrain({ home, env: on.env(home) });
  closeAfterTest(() => redrain.close());
  return { home, redrain };
}

function optOut(home: string): void {
  const config = '[sync]\nmode = "TRASH"\n[sync.families]\nEditorBlinked = "local_only"\n';
  writeFileSync(join(home, 'config.toml'), config);
}

function givenApp(on: EngineHomes, home: string): App {
  const app = new App({ home, env: on.env(home) });
  closeAfterTest(() => app.close());
  return app;
}

function mendJournal(home: string): void {
  // A directory in the place of the journal is one way in which it cannot be written.
  rmdirSync(join(stateOf(home), 'journal.db'));
}

async function tables(on: EngineHomes, home: string): Promise<Record<string, number>> {
  const [counted] = await on.rows<Record<string, number>>(
    home,
    `SELECT (SELECT count(*) FROM event) AS event, (SELECT count(*) FROM payload) AS payload,
       (SELECT count(*) FROM audit) AS audit`,
  );
  return counted ?? {};
}
