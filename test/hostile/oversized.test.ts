import { expect } from 'chai';
import { givenRedrain } from '../library/given-redrain.js';
import { journalRows } from '../library/journal-rows.js';
import { envelopes, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { inPairs } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { WarmCli } from '../support/warm-cli.js';

/** As long as one argument may be on Linux, or nearly. */
const LONG = 'x'.repeat(100_000);
const URL_OF_IT = `https://host.test/${LONG}`;

/** The documented codes; 1 would be a failure nobody expected. */
type Command = readonly [args: readonly string[], codes: readonly number[]];

/** One of each kind: an id, an option, a file, an address. */
const IN_SHORT: readonly Command[] = [
  [['inspect', LONG], [64]],
  [['events', '--type', LONG], [0]],
  [['capture', LONG], [3]],
  [['login', `http://${LONG}`, '--token-env', 'HOME'], [6]],
];
const COMMANDS: readonly Command[] = [
  ...IN_SHORT,
  [['retry', '--event', LONG], [64]],
  [['replay', '--event', LONG, '--target', '1'], [64]],
  [['replay', '--target', LONG], [64]],
  [['now', '--target', LONG], [64]],
  [['now', '--limit', '9'.repeat(1000)], [64]],
  [['now', '--wait', LONG], [64]],
  [['diff', LONG, URL_OF_IT], [64]],
  [['events', '--project', LONG], [0]],
  [['events', '--since', LONG], [64]],
  [['redact', LONG, '--reason', LONG], [64]],
  [['restore', LONG], [64]],
  [['conflicts', 'show', LONG], [64]],
  [['targets', 'retire', LONG], [64]],
  [['capture', '--type', LONG, 'e.jsonl'], [3]],
  [
    ['server', `https://${LONG}.test`],
    [0, 64],
  ],
  [['server', `ftp://${LONG}`], [64]],
  [['mode', LONG], [64]],
  [['mode', 'EXTERNAL_RECEIVER', '--endpoint', `nonsense:${LONG}`], [64]],
  [
    ['projects', 'allow', LONG],
    [0, 64],
  ],
  [['schedule', 'add', 'gc', LONG], [64]],
  [['jobs', 'show', LONG], [64]],
];

describe('arguments of 100 kB', () => {
  it('come to a documented code and a sentence, with --json to one document', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    const file = cli.file(
      'e.jsonl',
      envelopes(1).map((line) => line.replace(/"event_type":"\w+", /, '')),
    );
    const wrong: string[] = [];
    await inPairs(rounds(IN_SHORT, COMMANDS), async ([args, codes]) => {
      const run = await cli.run([...args.map((one) => (one === 'e.jsonl' ? file : one)), '--json']);
      const label = args.map((one) => one.slice(0, 30)).join(' ');
      if (!codes.includes(run.code ?? -1))
        wrong.push(`${label}: ${run.code} ${run.stderr.slice(0, 200)}`);
      expect(run.stderr, label).to.not.match(/This was not expected|\n\s+at .*\.js:\d/);
      expect(run.json(), label).to.be.an('object');
    });
    expect(wrong).to.deep.equal([]);
  });

  it('a long address is a target like any other: kept, shown, and told apart from its neighbour', async () => {
    const cli = new WarmCli({ ...SIGNED_IN });
    for (const url of rounds([URL_OF_IT], [URL_OF_IT, `${URL_OF_IT}y`])) {
      const set = await cli.run(['server', url]);
      expect(set.code, set.stderr.slice(0, 300)).to.equal(0);
      const shown = await cli.run(['server', '--json']);
      expect(shown.stdout).to.include(url);
      expect((await cli.run(['status', '--json'])).json()).to.be.an('object');
    }
  });
});

describe('events of 100 kB names', () => {
  const named = (field: string, value: unknown): Record<string, unknown> => ({
    event_id: 'e',
    event_type: 'T',
    [field]: value,
  });

  it('are refused where a name identifies, and kept where it only informs', async () => {
    const { home, redrain } = await givenRedrain();
    for (const field of ['event_id', 'event_type', 'project_uuid']) {
      const report = await redrain.captureMany([named(field, LONG)]);
      expect(report, field).to.include({ captured: 0 });
      expect(report.errors[0]?.problem, field).to.match(new RegExp(`^${field} is longer than 512`));
    }
    const informing = ['repo_slug', 'team_slug', 'timestamp', 'n'].map((field, i) => ({
      ...named(field, LONG),
      event_id: `kept-${i}`,
    }));
    expect(await redrain.captureMany(informing)).to.include({ captured: 4 });
    const drained = await redrain.drain();
    expect(drained).to.include({ delivered: 4 });
    const columns = 'SELECT max(length(repo_slug)) AS slug FROM origin';
    expect(journalRows<{ slug: number | null }>(home, columns)[0]?.slug ?? 0).to.be.at.most(512);
    expect((await redrain.verify()).ok).to.equal(true);
  });
});
