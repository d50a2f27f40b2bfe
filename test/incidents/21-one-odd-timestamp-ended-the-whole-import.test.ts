import { expect } from 'chai';
import type { MigrationReport } from '../../src/spec-kitty/legacy/migration-report.js';
import { journalRows } from '../library/journal-rows.js';
import {
  givenHome,
  oldEvent,
  oldEvents,
  scopedFile,
  writeQueue,
} from '../spec-kitty/legacy/old-queues.js';
import { WarmCli } from '../support/warm-cli.js';

/** Not a number, not whole, beyond the calendar, before it, beyond any integer, no text. */
const ODD = ['yesterday', 1.5, 253_402_300_800n, -1n, 9_223_372_036_854_775_807n, Buffer.from('x')];

describe('incident 21: one odd timestamp ended the whole import', () => {
  it('it is a warning on its row, and every other row of every file is imported', async () => {
    const cli = new WarmCli();
    const paths = givenHome(cli.home);
    for (const user of ['ada', 'bob']) {
      const odd = ODD.map((timestamp, i) => ({ ...oldEvent(`${user}-odd-${i}`), timestamp }));
      const rows = [...odd, ...oldEvents(3, user)];
      writeQueue(scopedFile(paths, 'https://a.example', user, 'blue'), { rows });
    }
    writeQueue(paths.legacyQueue, { rows: oldEvents(4, 'last') });

    const run = await cli.run(['migrate', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    const { totals, sources } = run.json<MigrationReport>();
    expect(totals).to.include({ imported: 22, rows_read: 22, flagged: 0 });
    const warnings = sources.flatMap((source) => source.warnings);
    expect(warnings).to.have.length(2 * ODD.length);
    for (const warning of warnings) expect(warning).to.match(/^row \d+ \(.*timestamp is unusable/);
    expect(journalRows(cli.home, 'SELECT count(*) AS n FROM event')).to.deep.equal([{ n: 22 }]);
  });
});
