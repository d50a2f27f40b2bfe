import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { envelopes } from '../processes/given-events.js';
import { type Cli, type CliResult, inPairs } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

/**
 * What can stand where a file is expected. Opening a pipe that nobody writes
 * to never returns: that one is tried everywhere in `npm test` too.
 */
const IN_PLACE: Readonly<Record<string, (path: string) => void>> = {
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a device without end': (path) => symlinkSync('/dev/zero', path),
  'a directory': (path) => mkdirSync(path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to nothing': (path) => symlinkSync('/nonexistent/redrain/file', path),
};

const EXTERNAL = '[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "stub:"\n';

async function given(name: string, place: (path: string) => void): Promise<Cli> {
  const cli = new WarmCli().ofFirstVersion();
  mkdirSync(cli.home, { recursive: true, mode: 0o700 });
  if (name !== 'config.toml') writeFileSync(join(cli.home, 'config.toml'), EXTERNAL);
  const path = join(cli.home, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  place(path);
  return cli;
}

/** It came back by itself, with a documented code and words for people. */
function expectWellSaid(run: CliResult, codes: readonly number[], label: string): void {
  const said = `${label}: ${run.stdout}\n${run.stderr}`;
  expect(codes, said).to.include(run.code);
  expect(run.stdout + run.stderr, said).to.not.match(/\n\s+at .*\.js:\d|This was not expected/);
}

const cases = (name: string): [label: string, name: string, (path: string) => void][] =>
  Object.entries(IN_PLACE)
    .slice(0, rounds(1, 9))
    .map(([what, place]) => [`${what} as ${name}`, name, place]);

describe('where a file is expected and there is none', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('config.toml closes delivery, capture goes on, and what stands there stays', async () => {
    await inPairs(cases('config.toml'), async ([label, name, place]) => {
      const cli = await given(name, place);
      const before = lstatSync(join(cli.home, name));
      const events = cli.file('e.jsonl', envelopes(2));
      expectWellSaid(await cli.run(['capture', events]), [0], label);
      const now = await cli.run(['now', '--json']);
      expectWellSaid(now, [6], label);
      expect(now.json(), label).to.include({ blocked_reason: 'config_unreadable', posts: 0 });
      for (const args of rounds([], [['mode', 'LOCAL_RETENTION']]))
        expectWellSaid(await cli.run(args), [6], label);
      const after = lstatSync(join(cli.home, name));
      expect([after.ino, after.mode], label).to.deep.equal([before.ino, before.mode]);
    });
  });

  it('a missing journal is reported: events go to the spool, and no report says that it is empty', async () => {
    await inPairs(cases('redrain/journal.db'), async ([label, name, place]) => {
      const cli = await given(name, place);
      const events = cli.file('e.jsonl', envelopes(2));
      const capture = await cli.run(['capture', events, '--json']);
      expectWellSaid(capture, [0], label);
      expect(capture.json(), label).to.include({ captured: 0, spooled: 2, lost: 0 });
      for (const command of rounds(['events'], ['events', 'now']))
        expectWellSaid(await cli.run([command]), [1], label);
    });
  });

  it('one such entry in the spool keeps nothing else waiting, and is named', async () => {
    const odd = 'redrain/spool/01ARZ3NDEKTSV4RRFFQ69G5FAV.spool';
    const known = cases(odd).filter(([label]) => !label.includes('to nothing'));
    await inPairs(known, async ([label, name, place]) => {
      const cli = await given(name, place);
      const capture = await cli.run(['capture', cli.file('e.jsonl', envelopes(2)), '--json']);
      expectWellSaid(capture, [0], label);
      const now = await cli.run(['now', '--json']);
      expectWellSaid(now, [0], label);
      expect(now.json(), label).to.include({ delivered: 2 });
      expect(now.stderr, label).to.include('01ARZ3NDEKTSV4RRFFQ69G5FAV.spool');
    });
  });

  it('credentials count as absent, with the reason, and a login refuses to guess', async () => {
    const server = 'https://team.invalid';
    const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', SPEC_KITTY_SAAS_URL: server, NEW: 'x.y.z' };
    const names = ['redrain/credentials.toml', ...rounds([], ['credentials'])].flatMap(cases);
    await inPairs(
      names.filter(([label]) => !/directory|to nothing/.test(label)),
      async ([label, name, place]) => {
        const cli = await given('unused', () => undefined);
        writeFileSync(join(cli.home, 'config.toml'), '');
        mkdirSync(stateOf(cli.home), { recursive: true, mode: 0o700 });
        place(join(cli.home, name));
        const now = await cli.run(['now', '--json'], { env });
        expectWellSaid(now, [6], label);
        expect(now.json(), label).to.include({ blocked_reason: 'missing_auth' });
        expect(now.stdout + now.stderr, label).to.include(join(cli.home, name));
        if (name === 'credentials') return;
        const login = await cli.run(['login', server, '--token-env', 'NEW'], { env });
        expectWellSaid(login, [6], label);
      },
    );
  });

  it('an old queue that is a pipe is reported, and the others are imported', async () => {
    const cli = await given('queue.db', IN_PLACE['a pipe'] as (path: string) => void);
    const run = await cli.run(['migrate', '--json']);
    expectWellSaid(run, [3], 'queue.db');
    expect(run.stdout).to.include('not a regular file');
  });

  it('a configuration of gigabytes is not a configuration', async () => {
    const cli = await given('config.toml', (path) => {
      writeFileSync(path, EXTERNAL);
      truncateSync(path, 3 * 1024 ** 3);
    });
    const redrain = await openRedrain({ home: cli.home, env: {} });
    closeAfterTest(() => redrain.close());
    expect(await redrain.drain()).to.include({ blocked_reason: 'config_unreadable' });
  });
});
