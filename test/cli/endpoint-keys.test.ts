import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { type Cli } from '../support/cli.js';
import { eventServer } from '../support/event-server.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const set = (cli: Cli, endpoint: string, ...more: string[]) =>
  cli.run(['mode', 'EXTERNAL_RECEIVER', '--endpoint', endpoint, ...more]);

describe('a key that is rotated', () => {
  it('gives a warning before it makes another target, and says how to keep one', async () => {
    const cli = new WarmCli();
    const place = 'https://h.example/in';
    expect((await set(cli, `${place}?api_key=OLDKEY`)).stderr).to.equal('');
    const { code, stderr } = await set(cli, `${place}?api_key=NEWKEY`);
    expect(code).to.equal(0);
    expect(stderr).to.match(/is another target than .* everything will be sent there again/);
    expect(stderr).to.include(`--endpoint '${place}?api_key=\${HOOK_KEY}'`);
    expect((await set(cli, `${place}?api_key=NEWKEY#other`)).stderr, 'the same one').to.equal('');
    expect((await set(cli, 'https://other.example/in?api_key=NEWKEY')).stderr).to.equal('');
  });

  it('in a variable stays one target: nothing is sent again', async () => {
    const server = await eventServer();
    const cli = new WarmCli();
    const endpoint = `${server.url}/in?key=\${HOOK_KEY}`;
    cli.configure(
      `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\n`,
    );
    for (const key of ['first', 'second']) {
      const redrain = await openRedrain({ home: cli.home, env: { HOOK_KEY: key } });
      await redrain.capture({ event_id: key, event_type: 'Noted' });
      await redrain.drain();
      expect(await redrain.targets()).to.have.length(1);
      await redrain.close();
    }
    expect(server.posts).to.deep.equal([['first'], ['second']]);
    expect(server.paths).to.deep.equal(['/in?key=first', '/in?key=second']);
    const redrain = await openRedrain({ home: cli.home, env: {} });
    closeAfterTest(() => redrain.close());
    await redrain.capture({ event_id: 'third', event_type: 'Noted' });
    const report = await redrain.drain();
    expect(report).to.include({ blocked_reason: 'missing_auth', posts: 0 });
    expect(report.message).to.include('HOOK_KEY');
    expect(await redrain.readiness()).to.include({
      state: 'missing_auth',
      next_action: 'export HOOK_KEY=…',
    });
  });
});

describe('mode, at an endpoint', () => {
  it('refuses headers it would not send, and variables it would not fill in', async () => {
    const cli = new WarmCli();
    const header = await set(cli, 'https://h.example/', '--header', 'Content-Encoding=CODING');
    expect(header).to.include({ code: 64 });
    expect(header.stderr).to.match(/the header Content-Encoding cannot be set/);
    const misplaced = await set(cli, `https://h.example/\${HOOK_KEY}`);
    expect(misplaced).to.include({ code: 64 });
    expect(misplaced.stderr).to.match(/only values of its query may be variables/);
  });

  it('says at once what will keep events from leaving', async () => {
    const cli = new WarmCli({ KEY: 'x-value' });
    const { code, stderr } = await set(cli, 'http://h.example/', '--header', 'X-Key=KEY');
    expect(code).to.equal(0);
    expect(stderr).to.match(/the X-Key header would travel unencrypted to h\.example/);
    expect(readFileSync(join(cli.home, 'config.toml'), 'utf8')).to.include('X-Key = "KEY"');
    const doctor = await cli.run(['doctor']);
    expect(doctor.code).to.equal(2);
    expect(doctor.stdout + doctor.stderr).to.match(/X-Key header would travel unencrypted/);
  });
});
