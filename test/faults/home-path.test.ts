import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { envelopes, sendTo } from '../processes/given-events.js';
import { payloadDigests, sha256 } from '../processes/journal-rows.js';
import { givenHome, oldEvents, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { startReceiver } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { startWorker } from '../workers/worker-process.js';

const ODD_NAMES = ['家 – «дом» \'q\' "Q" $HOME #%3F;[*]', 'mit Leerzeichen & Größe', 'a\nb\t-- c'];
const TRIED = ODD_NAMES.slice(0, rounds(1, ODD_NAMES.length));

describe('a home on an odd path', function () {
  this.timeout(120_000);

  for (const name of TRIED)
    it(`works from old queue to archive: ${JSON.stringify(name)}`, async () => {
      const cli = new WarmCli({ READY: 'a-token' }, name);
      const receiver = await startReceiver();
      const old = oldEvents(3);
      writeQueue(givenHome(cli.home).legacyQueue, { rows: old });
      sendTo(cli, receiver.url);
      const lines = envelopes(4);
      const file = cli.file(`${name}.jsonl`.replaceAll('/', '_').replaceAll('*', ''), lines);

      const done = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await cli.run(args);
        expect(code, `${args.join(' ')}: ${stdout}${stderr}`).to.equal(0);
        return stdout;
      };
      await done('migrate', '--cleanup', '--yes');
      await done('capture', file);
      const sent = await cli.run(['now', '--json']);
      expect(sent.json<DrainReport>()).to.include({ delivered: 7, unsent: 0 });
      expect(new Set(receiver.sink.eventIds())).to.deep.equal(
        new Set(payloadDigests(cli.home).keys()),
      );
      await done('server', 'https://new.example');
      await done(
        'login',
        'https://new.example',
        '--token-env',
        'READY',
        '--team',
        't',
        '--user',
        'u',
      );
      const { archives } = JSON.parse(await done('archive', '--yes', '--json')) as {
        archives: { id: string }[];
      };
      await done('restore', archives[0]?.id ?? '', '--yes');
      expect([...payloadDigests(cli.home).values()]).to.include.members(lines.map(sha256));
      await done('enqueue', 'capture', file);
      expect((await startWorker(cli, 'capture', ['--once']).exited).code).to.equal(0);
      expect(await done('verify')).to.match(/^OK: /);
      expect(await done('status')).to.not.contain('undefined');
      await done('gc', '--yes', '--vacuum');
      expect(existsSync(join(stateOf(cli.home), 'journal.db'))).to.equal(true);
      expect(readdirSync(cli.root).sort(), 'nothing beside the home').to.deep.equal(
        ['cwd', name, 'tmp', 'user'].sort(),
      );
      expect(readdirSync(cli.userHome)).to.deep.equal([]);
    });
});

describe('a home that cannot be made', () => {
  it('is named by doctor, and no capture claims success', async () => {
    const cli = new WarmCli({}, 'in the way/home');
    writeFileSync(join(cli.root, 'in the way'), 'a file');
    const file = cli.file('events.jsonl', envelopes(2));
    const capture = await cli.run(['capture', file]);
    expect(capture.code).to.equal(9);
    for (const id of ['e-0001', 'e-0002']) expect(capture.stderr).to.contain(id);
    expect(capture.stderr).to.not.match(/\n\s+at /);
    const doctor = await cli.run(['doctor']);
    expect(doctor.code).to.equal(2);
    expect(doctor.stdout).to.match(/PROBLEM home .*cannot be made: .*in the way is in the way/);
    expect((await cli.run(['now'])).code).to.equal(1);
  });
});
