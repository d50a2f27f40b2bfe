import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { WarmCli } from '../support/warm-cli.js';

const VARIABLES = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', REDRAIN_HOME: '/nowhere' };

describe('redrain demo', () => {
  it('shows the main job, fits 80 columns, and leaves nothing behind', async () => {
    const cli = new WarmCli(VARIABLES);
    const { code, stdout, stderr } = await cli.startBare(['demo']).exited;
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(
      /captured 300 events.*300 delivered.*nothing to send.*300 delivered.*0 events delivered to a/s,
    );
    expect(stdout).to.include('B has 300 of 300 events.\n');
    expect(stdout).to.include('byte for byte as they were captured');
    expect(stdout.split('\n').filter((line) => line.length > 80)).to.deep.equal([]);
    expect(readdirSync(cli.tmp)).to.deep.equal([]);
    expect(readdirSync(cli.userHome)).to.deep.equal([]);
  });

  it('is one document for programs', async () => {
    const run = await new WarmCli().startBare(['demo', '--json']).exited;
    expect(run.json()).to.deep.equal({
      events: 300,
      at_b: 300,
      journal_unchanged: true,
      ok: true,
    });
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const cli = new WarmCli();
    const running = cli.startBare(['demo']);
    await running.until(({ stdout }) => stdout.includes('captured 300'));
    running.kill('SIGINT');
    expect((await running.exited).code).to.equal(130);
    expect(readdirSync(cli.tmp)).to.deep.equal([]);
  });
});
