import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { Cli, startReceiver } from '../support/cli.js';
import { captured, envelopes, sendTo } from './given-events.js';
import { heldReceiver } from './held-receiver.js';
import { deliveriesAt, idsWith } from './journal-rows.js';

const EVENTS = 200;

describe('two drains of one target at once', () => {
  it('deliver each event once, whoever comes first', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url, { maxEvents: 10 });
    await captured(cli, envelopes(EVENTS));

    const both = await Promise.all([cli.run(['now', '--json']), cli.run(['now', '--json'])]);

    expect(both.map(({ code }) => code)).to.deep.equal([0, 0]);
    const reports = both.map((run) => run.json<DrainReport>());
    expect(reports.reduce((sum, report) => sum + report.delivered, 0)).to.equal(EVENTS);
    expect(receiver.sink.stats()).to.include({ events: EVENTS, unique: EVENTS, duplicates: 0 });
    expect(idsWith(deliveriesAt(cli.home, receiver.url), 'success')).to.have.length(EVENTS);
  });

  it('says daemon_lock and sends nothing with --no-wait, and drains what is left without', async () => {
    const cli = new Cli();
    const receiver = await heldReceiver();
    sendTo(cli, receiver.url, { maxEvents: 10 });
    await captured(cli, envelopes(20));
    const first = cli.start(['now', '--json']);
    await receiver.arrived(1);

    const refused = await cli.run(['now', '--no-wait', '--json']);
    expect(refused.code).to.equal(6);
    expect(refused.json<DrainReport>()).to.include({ posts: 0, blocked_reason: 'daemon_lock' });
    expect(receiver.posts).to.have.length(1);

    await captured(cli, envelopes(5, 'later'));
    const second = cli.start(['now', '--json']);
    receiver.release();
    expect((await first.exited).json<DrainReport>().delivered).to.equal(20);
    const waited = await second.exited;
    expect(waited.code, waited.stderr).to.equal(0);
    expect(waited.json<DrainReport>().delivered).to.equal(5);
    expect(receiver.posts.flat()).to.have.length(25);
    expect(new Set(receiver.posts.flat())).to.have.property('size', 25);
  });
});
