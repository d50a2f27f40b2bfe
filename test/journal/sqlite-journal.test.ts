import { expect } from 'chai';
import { type Core, openCore, row, rows } from '../support/core.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';

describe('the rows of the journal', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
  });
  afterEach(() => assertLedgerInvariant(core));

  it('stores nothing at all of a group that fails', async () => {
    await core.journal.append(newEvents(1, 'before'), 'capture');
    await failInTheMiddle(newEvents(5, 'lost', inProject('p')));
    await fileAll();
    for (const table of ['event', 'payload', 'live', 'origin'])
      expect(row(core, `SELECT count(*) AS n FROM ${table}`), table).to.deep.equal({ n: 1 });
  });

  it('gives a project that two connections meet first one and the same row', async () => {
    const other = await openCore(core.home);
    await core.journal.append(newEvents(1, 'a', inProject('p')), 'capture');
    await other.journal.append(newEvents(1, 'b', inProject('p')), 'capture');
    await core.journal.append(newEvents(1, 'c', inProject('p')), 'capture');
    expect(rows(core, 'SELECT project_uuid FROM origin')).to.deep.equal([{ project_uuid: 'p' }]);
    await fileAll();
    expect(row(core, 'SELECT live FROM (SELECT events AS live FROM journal_count)')).to.deep.equal({
      live: 3,
    });
  });

  it('tells origins apart by project, repository and checkout, and by nothing less', async () => {
    const origins = [
      { projectUuid: null, repoSlug: null, checkout: null },
      { projectUuid: 'a', repoSlug: null, checkout: null },
      { projectUuid: null, repoSlug: 'a', checkout: null },
      { projectUuid: null, repoSlug: null, checkout: 'a' },
      { projectUuid: 'a', repoSlug: 'a', checkout: null },
    ];
    const events = origins.flatMap((origin, i) => [
      newEvent(`one-${i}`, { origin }),
      newEvent(`two-${i}`, { origin }),
    ]);
    await core.journal.append(events, 'capture');
    await fileAll();
    expect(rows(core, 'SELECT origin_id, events FROM journal_count')).to.deep.equal(
      origins.map((_, i) => ({ origin_id: i + 1, events: 2 })),
    );
  });

  /** As whatever writes anything but captures does first. */
  const fileAll = (): Promise<void> => core.db.write(() => undefined);

  /** A group whose last event no table would take. */
  async function failInTheMiddle(events: ReturnType<typeof newEvents>): Promise<void> {
    const impossible = newEvent('impossible', { capturedAt: null as never });
    const failure = await core.journal
      .append([...events, impossible], 'capture')
      .catch((error: Error) => error);
    expect(failure).to.be.instanceOf(Error);
  }
});
