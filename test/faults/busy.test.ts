import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { deliveriesAt, idsWith, payloadDigests, sha256 } from '../processes/journal-rows.js';
import { Cli, startReceiver } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { assertBelievable, spooled } from './home-state.js';

const STORM = fileURLToPath(new URL('./children/lock-storm.js', import.meta.url));
const CAPTURES = rounds(4, 30);
const DRAINS = rounds(2, 10);
const STORMS = 2;
const EACH = 20;

/** Other programs that write to the journal all the time. */
async function givenStorm(file: string): Promise<{ end(): Promise<void> }> {
  const storms = await Promise.all(
    Array.from({ length: STORMS }, async () => {
      const storm = spawn(process.execPath, [STORM, file], { stdio: ['pipe', 'pipe', 'inherit'] });
      closeAfterTest(() => storm.kill('SIGKILL'));
      await once(storm.stdout, 'data');
      return storm;
    }),
  );
  return {
    end: async () => {
      for (const storm of storms) {
        storm.stdin.end();
        const [code] = await once(storm, 'exit');
        expect(code, 'the storm itself came through').to.equal(0);
      }
    },
  };
}

describe('a storm of other writers', function () {
  this.timeout(rounds(120_000, 600_000));

  it('delays captures and drains, and loses nothing; no message says that a database is locked', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url, { maxEvents: 7 });
    await captured(cli, envelopes(1, 'first'));
    const storm = await givenStorm(`${stateOf(cli.home)}/journal.db`);

    const captures = Array.from({ length: CAPTURES }, (_, i) => envelopes(EACH, `c${i}`));
    const runs = [
      ...captures.map((lines, i) => cli.run(['capture', cli.file(`${i}.jsonl`, lines), '--json'])),
      ...Array.from({ length: DRAINS }, () => cli.run(['now'])),
    ];
    for (const run of await Promise.all(runs)) {
      expect(run.code, run.stderr).to.equal(0);
      expect(run.stdout + run.stderr).to.not.match(/locked|busy|SQLITE/i);
      if (run.stdout.startsWith('{')) {
        const { captured: stored, spooled: aside } = run.json<CaptureReport>();
        expect(stored + aside).to.equal(EACH);
      }
    }
    await storm.end();

    const all = [...envelopes(1, 'first'), ...captures.flat()];
    expect((await cli.run(['now'])).code).to.equal(0);
    expect(spooled(cli.home)).to.equal(0);
    expect([...payloadDigests(cli.home).values()]).to.have.members(all.map(sha256));
    const { sink, url } = receiver;
    expect(sink.stats().unique, 'at the receiver').to.equal(all.length);
    expect(idsWith(deliveriesAt(cli.home, url), 'success', 'duplicate')).to.have.members(
      sink.eventIds(),
    );
    await assertBelievable(cli.home, 'after the storm');
  });
});
