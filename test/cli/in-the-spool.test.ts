import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Cli } from '../support/cli.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const BOUND = '{"event_id":"bound","event_type":"MissionCreated","n":1}';

/** A journal that cannot be opened: what is captured goes to the spool. */
function closeJournal(cli: Cli): string {
  const path = join(stateOf(cli.home), 'journal.db');
  mkdirSync(path, { recursive: true });
  return path;
}

describe('an event that is in the spool', () => {
  it('is said to be there, and is known by inspect, events, status, audit and redact', async () => {
    const cli = new WarmCli();
    cli.configure('[sync]\nmode = "OPT_OUT"\n');
    const journal = closeJournal(cli);
    const run = await cli.run(['capture'], { stdin: BOUND });
    expect(run.code).to.equal(8);
    expect(run.stdout).to.match(/1 event kept because they may not be discarded/);
    expect(run.stdout).to.match(/all of these in the spool/);
    expect(run.stderr).to.match(/bound: it may not be discarded: it is in the spool/);
    expect(run.stderr + run.stdout).not.to.match(/journaled|audit list/);

    const closed = await cli.run(['inspect', 'bound']);
    expect(closed.code, closed.stderr).to.equal(0);
    expect(closed.stdout)
      .to.match(/in the spool since \d{4}.*not in the journal yet.*spool.*\.spool/)
      .and.to.match(/"n": 1/);
    rmdirSync(journal);

    const story = await cli.run(['inspect', 'bound', '--json']);
    const { revisions, spooled } = story.json<{
      revisions: unknown[];
      spooled: { payload: string; file: string; since: string; audit: string }[];
    }>();
    expect(revisions).to.deep.equal([]);
    expect(spooled[0]).to.include({ payload: BOUND, audit: 'discard_refused' });
    expect((await cli.run(['inspect', 'bound', '--raw'])).stdout).to.equal(BOUND);
    expect((await cli.run(['inspect', 'nobody'])).code).to.equal(64);
    expect((await cli.run(['events', '--json'])).json()).to.deep.include({
      events: [],
      spooled: { files: 1, events: 1 },
    });
    expect((await cli.run(['audit', 'list', '--json'])).json()).to.deep.equal({
      entries: [],
      spooled: 1,
    });
    const preview = await cli.run(['redact', 'bound', '--reason', 'r', '--json']);
    expect(preview.json()).to.deep.include({ elsewhere: [{ place: 'spool', copies: 1 }] });

    const redacted = await cli.run(['redact', 'bound', '--reason', 'r', '--yes', '--json']);
    expect(redacted.code, redacted.stderr).to.equal(0);
    expect(redacted.json()).to.include({ revisions: 1, bytes: BOUND.length });
    const after = await cli.run(['inspect', 'bound', '--json']);
    expect(after.json()).to.deep.include({ spooled: [] });
    expect(after.json<{ audit: { action: string }[] }>().audit[0]?.action).to.equal(
      'discard_refused',
    );
  });
});
