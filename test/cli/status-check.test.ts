import { expect } from 'chai';
import type { StatusDocument } from '../../src/index.js';
import { thisProcess } from '../../src/targets/holder.js';
import { changeJournal } from '../library/journal-rows.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { WarmCli } from '../support/warm-cli.js';
import { treeHash } from './tree-hash.js';

describe('redrain status --check', () => {
  it('ends with 0 when all is in order, and with 2 and the command for every problem', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(2));
    sendTo(cli, 'stub:');
    expect((await cli.run(['now'])).code).to.equal(0);
    const fine = await cli.run(['status', '--check', '--json']);
    expect(fine).to.include({ code: 0, stderr: '' });
    expect(fine.json<StatusDocument>()).to.include({ ok: true, exit_code: 0 });

    const holder = thisProcess({ server_url: null, team_or_user: null, queue_db_path: null });
    const gone = JSON.stringify({ ...holder, pid: 2 ** 30 });
    changeJournal(cli.home, `UPDATE target SET lease_holder = '${gone}'`);
    changeJournal(cli.home, 'UPDATE ledger_count SET events = events + 1');
    const wrong = await cli.run(['status', '--check', '--json']);
    expect(wrong).to.include({ code: 2, stderr: '' });
    expect(wrong.json<StatusDocument>()).to.include({ ok: false, exit_code: 2 });
    const text = await cli.run(['status', '--check']);
    expect(text.code).to.equal(2);
    expect(text.stdout).to.match(/left its lease on stub.*`redrain now --target stub`/);
    expect(text.stdout).to.match(/TARGET stub DO NOT ADD UP.*`redrain verify --repair`/);
    expect((await cli.run(['status'])).code).to.equal(0);
  });

  it('names two servers with the command that ends the split', async () => {
    const cli = new WarmCli({
      SPEC_KITTY_SAAS_URL: 'https://b.test',
      SPEC_KITTY_SAAS_URL_MODE: 'setup_only',
    });
    cli.configure('[sync]\nserver_url = "https://a.test"\n');
    const run = await cli.run(['status', '--check']);
    expect(run.code).to.equal(2);
    expect(run.stdout).to.match(/a\.test.*b\.test.*`redrain server URL`/);
  });
});

describe('commands that look at events and targets', () => {
  it('change nothing and create nothing', async () => {
    const reading = [
      ['events'],
      ['events', '--export'],
      ['diff', '1', '1'],
      ['replay', '--target', '1', '--dry-run'],
      ['retry', '--all', '--dry-run'],
      ['targets', 'list'],
      ['status', '--check'],
    ];
    const used = new WarmCli();
    await captured(used, envelopes(2));
    sendTo(used, 'stub:');
    expect((await used.run(['now'])).code).to.equal(0);
    for (const cli of [used, new WarmCli()]) {
      const before = await treeHash(cli.root);
      for (const args of reading) {
        const run = await cli.run(args);
        expect(run.code, `${args.join(' ')}: ${run.stderr}`).to.be.oneOf([0, 64]);
      }
      expect(await treeHash(cli.root)).to.equal(before);
    }
  });
});
