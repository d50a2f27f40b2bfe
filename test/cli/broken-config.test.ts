import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { StatusDocument } from '../../src/app/status.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { captured, envelopes, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { payloads, readJournal } from '../processes/journal-rows.js';
import { startReceiver } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

/** Files that cannot be understood, each made of a working one, and edits to refuse. */
const BROKEN: readonly {
  readonly what: string;
  readonly breakIt: (before: string) => string;
  readonly edits: readonly string[][];
}[] = [
  {
    what: 'is not TOML',
    breakIt: (before) => `${before}\n[sync\nbroken = = "\n`,
    edits: [
      ['server', 'http://elsewhere.test'],
      ['mode', 'LOCAL_RETENTION'],
      ['projects', 'allow', '--unassigned'],
    ],
  },
  {
    what: 'names a mode that does not exist',
    breakIt: (before) => before.replace('EXTERNAL_RECEIVER', 'EVERYWHERE'),
    edits: [['mode', 'EXTERNAL_RECEIVER', '--endpoint', 'http://elsewhere.test']],
  },
];

for (const { what, breakIt, edits } of BROKEN)
  describe(`a config.toml that ${what}`, () => {
    it('closes delivery and refuses edits; capture and status go on', async () => {
      const cli = new WarmCli(SIGNED_IN);
      const receiver = await startReceiver();
      sendTo(cli, receiver.url);
      const file = `${cli.home}/config.toml`;
      const broken = breakIt(readFileSync(file, 'utf8'));
      cli.configure(broken);

      await captured(cli, envelopes(2));
      expect(payloads(cli.home)).to.have.length(2);

      const drained = await cli.run(['now', '--json']);
      expect(drained.code, drained.stderr).to.equal(6);
      expect(drained.json<DrainReport>()).to.include({
        posts: 0,
        selected: 0,
        blocked_reason: 'config_unreadable',
      });
      expect(drained.json<DrainReport>().message).to.include(file);

      for (const edit of edits) {
        const run = await cli.run(edit);
        expect(run.code, `${edit.join(' ')}: ${run.stderr}`).to.equal(6);
        expect(run.stderr).to.include(file);
      }
      expect(readFileSync(file, 'utf8')).to.equal(broken);
      expect(receiver.sink.stats().posts).to.equal(0);

      const status = await cli.run(['status', '--json']);
      expect(status.code, status.stderr).to.equal(0);
      const { mode, findings, event_journal } = status.json<StatusDocument>();
      expect(mode).to.equal(null);
      expect(findings.find(({ check }) => check === 'config')?.message).to.include(file);
      expect(event_journal).to.deep.include({
        retained_event_count: 2,
        drain_blocked: { reason: 'config_unreadable', waiting: 2 },
      });
      expect((await cli.run(['status'])).stdout)
        .to.include(file)
        .and.include('config_unreadable');
      const noted = readJournal(cli.home, (db) =>
        db.prepare('SELECT DISTINCT drain_blocked_reason FROM event').pluck().all(),
      );
      expect(noted).to.deep.equal(['config_unreadable']);
    });
  });
