import { expect } from 'chai';
import { EVENT_STATES } from '../../src/reports/event-list.js';
import { WAY_OF } from '../../src/reports/event-page.js';
import * as filingSql from '../../src/sqlite/journal/filing.sql.js';
import * as journalSql from '../../src/sqlite/journal/journal.sql.js';
import * as claimSql from '../../src/sqlite/ledger/claim.sql.js';
import * as passSql from '../../src/sqlite/ledger/pass.sql.js';
import * as settleSql from '../../src/sqlite/ledger/settle.sql.js';
import { page, TERMINAL_SEQS } from '../../src/sqlite/reports/event-page.sql.js';
import {
  EVENTS_EVER,
  JOURNAL_NUMBERS,
  JOURNAL_TOTALS,
  KNOWN_ORIGINS,
  LEDGER_TOTALS,
  ORIGINS,
  POSTS,
  SPAN,
  TARGET_NUMBERS,
  TERMINAL,
} from '../../src/sqlite/reports/status.sql.js';
import { openCore } from '../support/core.js';
import { longScans, planOf } from '../support/query-plans.js';

describe('no statement reads more rows than it needs:', () => {
  it('a drain’s depend on its batch', async () => {
    const statements = { ...claimSql, ...settleSql, ...passSql };
    expect(await allLongScans(statements)).to.deep.equal({});
  });

  it('a capture’s depend on its group', async () => {
    // Planned for foreign keys; skipped at run time as long as none is broken.
    const { ROWS: _, ...statements } = journalSql;
    expect(await allLongScans(statements)).to.deep.equal({
      INSERT_EVENT: ['SCAN delivery'],
      INSERT_EVENTS: ['SCAN delivery'],
      INSERT_EVENTS_ALIKE: ['SCAN delivery'],
    });
    const { FILED_TO, FILE_LIVE, FILE_COUNTS, NOTE_FILED } = filingSql;
    expect(await allLongScans({ FILED_TO, FILE_LIVE, FILE_COUNTS, NOTE_FILED })).to.deep.equal({});
  });

  it('the figures of status depend on projects and targets', async () => {
    const statements = { JOURNAL_TOTALS, EVENTS_EVER, LEDGER_TOTALS, ORIGINS, KNOWN_ORIGINS };
    expect(await allLongScans(statements)).to.deep.equal({});
  });

  it('TERMINAL', async () => {
    const [newest, ...rest] = planOf(await openCore(), TERMINAL);
    // An index of terminal failures alone, newest first, left after a hundred.
    expect(newest).to.match(/^SCAN d USING INDEX ix_delivery_terminal/);
    expect(rest.join()).to.not.contain('TEMP B-TREE');
  });

  it('JOURNAL_NUMBERS', async () => {
    // Walks from one end and stops at the first row.
    expect(longScans(await openCore(), JOURNAL_NUMBERS)).to.deep.equal(['SCAN payload']);
    expect(JOURNAL_NUMBERS).to.contain('ORDER BY seq LIMIT 1) p');
  });

  it('TARGET_NUMBERS', async () => {
    const core = await openCore();
    expect(longScans(core, TARGET_NUMBERS)).to.deep.equal([]);
    expect(planOf(core, TARGET_NUMBERS).join()).to.match(
      /SEARCH todo USING COVERING INDEX ix_todo_replay \(target_id=\?\)/,
    );
  });
});

describe('a page of a browser', () => {
  it('looks at a stretch of the journal or the ledger, whatever the state', async () => {
    const core = await openCore();
    for (const state of [undefined, ...EVENT_STATES]) {
      const ways = new Set([state === undefined ? 'events' : WAY_OF[state], 'named'] as const);
      for (const way of ways) {
        const statement = page(state, way, '');
        expect(longScans(core, statement), `${state} along ${way}`).to.deep.equal([]);
        expect(planOf(core, statement).join(), `${state} along ${way}`).to.match(
          way === 'named' || way === 'unsettled' ? /json_each/ : /^SEARCH/,
        );
      }
    }
  });

  it('has the latest posts, and the times between which events came, from the ends of indexes', async () => {
    const core = await openCore();
    expect(longScans(core, POSTS)).to.deep.equal([]);
    expect(SPAN.match(/ORDER BY seq( DESC)? LIMIT 1/g)).to.have.length(2);
    expect(planOf(core, SPAN).join()).to.not.contain('TEMP B-TREE');
  });

  it('finds failures for good in an index that has nothing else', async () => {
    expect(planOf(await openCore(), TERMINAL_SEQS)).to.deep.equal([
      'SCAN delivery USING COVERING INDEX ix_delivery_terminal',
    ]);
  });
});

describe('the plan of a retry', () => {
  it('finds what is due by its time, and what is untried by its pass', async () => {
    const core = await openCore();
    const [due, ...afterDue] = planOf(core, claimSql.DUE_TODO);
    expect(due).to.match(/^SEARCH todo USING .*ix_todo_due .*company=\? AND due_at<\?\)$/);
    expect(afterDue, 'sorted by the index already').to.deep.equal([]);
    const [untried, ...afterUntried] = planOf(core, claimSql.UNTRIED_TODO);
    expect(untried).to.match(/^SEARCH todo USING .*ix_todo_pass .*company=\? AND pass_no<\?\)$/);
    expect(afterUntried, 'sorted by the index already').to.deep.equal([]);
  });

  it('would be noticed if it were a scan', async () => {
    const core = await openCore();
    expect(longScans(core, 'SELECT * FROM delivery d WHERE d.status = ?')).to.deep.equal([
      'SCAN d',
    ]);
    expect(longScans(core, 'SELECT count(*) FROM event')).to.have.length(1);
  });
});

/** By the name of the statement; those without any are left out. */
async function allLongScans(statements: object): Promise<Record<string, string[]>> {
  const core = await openCore();
  const found = Object.entries(statements).map(
    ([name, sql]) => [name, longScans(core, sql)] as const,
  );
  return Object.fromEntries(found.filter(([, scans]) => scans.length > 0));
}
