import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { captured, envelopes } from '../processes/given-events.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

interface OneDone {
  readonly target: string;
  readonly exit_code: number;
  readonly delivered?: number;
  readonly error?: string;
}

const table = (name: string, url: string, more = ''): string =>
  `[redrain.targets.${name}]\nurl = "${url}"\n${more}`;

/** What each target is said to have done, first done first. */
const namesIn = (text: string): string[] => [
  ...new Set(text.split('\n').flatMap((line) => /^([a-z]+): /.exec(line)?.[1] ?? [])),
];

describe('redrain now, several targets at once', () => {
  const GOOD = table('first', 'stub:first') + table('second', 'stub:second');

  it('--all drains every target, and none that fails or is slow holds up another', async () => {
    const slow = createServer((request, response) => {
      request.resume();
      setTimeout(() => response.writeHead(500).end(), 3_000);
    }).listen(0, '127.0.0.1');
    closeAfterTest(() => slow.close());
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const cli = new WarmCli();
    const bad = table('bad', 'http://127.0.0.1:9/bad', 'rate = "fast"\n');
    cli.configure(
      table('slow', `http://127.0.0.1:${port}/`) +
        table('dead', 'http://127.0.0.1:9/dead') +
        bad +
        GOOD,
    );
    await captured(cli, envelopes(3));
    const run = await cli.run(['now', '--all']);
    const names = namesIn(run.stdout);
    expect(names).to.have.members(['slow', 'dead', 'bad', 'first', 'second']);
    expect(names.at(-1), run.stdout).to.equal('slow');
    expect(run.stdout).to.match(/^first: stub:first: 3 delivered$/m);
    expect(run.stdout).to.match(/^bad: error: redrain\.targets\.bad\.rate must be/m);
    expect(run.code, run.stderr).to.equal(6);
    const again = await cli.run(['now', '--to', 'first', '--to', 'second', '--json']);
    expect(again.code).to.equal(0);
    const { targets } = again.json() as { targets: OneDone[] };
    expect(
      targets.map(({ target, exit_code, delivered }) => [target, exit_code, delivered]),
    ).to.deep.equal([
      ['first', 0, 0],
      ['second', 0, 0],
    ]);
  });

  it('ends with the worst code, and leaves retired targets out', async () => {
    const cli = new WarmCli();
    cli.configure(GOOD);
    await captured(cli, envelopes(1));
    expect((await cli.run(['now', '--all'])).code).to.equal(0);
    await cli.run(['targets', 'retire', 'second']);
    await captured(cli, ['{"event_id":"later","event_type":"T"}']);
    const all = await cli.run(['now', '--all']);
    expect(all.code, all.stderr).to.equal(0);
    expect(namesIn(all.stdout)).to.deep.equal(['first']);
    const named = await cli.run([
      'now',
      '--to',
      'second',
      '--to',
      'first',
      '--to',
      'nobody',
      '--json',
    ]);
    expect(named.code).to.equal(64);
    const { targets } = named.json() as { targets: OneDone[] };
    expect(targets.map(({ target, exit_code }) => [target, exit_code])).to.deep.equal([
      ['second', 64],
      ['first', 0],
      ['nobody', 64],
    ]);
    expect(targets[0]?.error).to.match(
      /^the target second is retired .*`redrain targets restore second`/,
    );
  });

  it('sends nothing to a target that was neither named nor activated', async () => {
    const cli = new WarmCli();
    cli.configure(GOOD);
    await captured(cli, envelopes(1));
    expect((await cli.run(['now', '--to', 'first'])).stdout).to.match(
      /^first \(stub:first\): 1 delivered/,
    );
    expect((await cli.run(['now'])).code).to.equal(6);
    expect((await cli.run(['now', '--all', '--dry-run'])).stdout).to.equal(
      'first: would send 0 events\nsecond: would send 1 event\n',
    );
  });

  it('takes one target by name, id or address, as --target does', async () => {
    const cli = new WarmCli();
    cli.configure(GOOD);
    await captured(cli, envelopes(1));
    for (const [given, sent] of [
      ['second', '1 delivered'],
      ['1', 'nothing to send'],
      ['stub:second', 'nothing to send'],
    ] as const) {
      const run = await cli.run(['now', '--target', given]);
      expect(run.stdout, `${given} ${run.stderr}`).to.include(`second (stub:second): ${sent}`);
    }
    for (const wrong of [
      ['--all', '--to', 'first'],
      ['--target', '1', '--to', 'first'],
    ])
      expect((await cli.run(['now', ...wrong])).code, wrong.join(' ')).to.equal(64);
  });

  it('keeps to the mode: nothing leaves under LOCAL_RETENTION', async () => {
    const cli = new WarmCli();
    cli.configure(`[redrain]\nmode = "LOCAL_RETENTION"\n${GOOD}`);
    await captured(cli, envelopes(1));
    const run = await cli.run(['now', '--all']);
    expect(run.code).to.equal(6);
    expect(run.stdout).to.match(/^first: .*Mode keep sends nothing/ms);
  });
});
