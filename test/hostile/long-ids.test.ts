import { expect } from 'chai';
import { table } from '../../src/cli/table.js';
import { sendTo } from '../processes/given-events.js';
import { journalOf, migrated, sourceOf } from '../spec-kitty/legacy/migrated.js';
import { givenHome, oldEvent, scopedFile, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { givenTarget, rows } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { WarmCli } from '../support/warm-cli.js';

const LONG = 'x'.repeat(100_000);
const NO_TEXT = Buffer.alloc(100_000, 0xff);

/** Rows with ids that no event may have, between two that are in order. */
const ROWS = [
  oldEvent('first'),
  oldEvent(LONG),
  oldEvent(`${LONG}y`),
  { eventId: 'inner', data: `{"event_id":"${LONG}"}` },
  { eventId: NO_TEXT, data: '{"event_id":"c"}' },
  { eventId: 'typed', eventType: LONG, data: '{"event_id":"typed"}' },
  { ...oldEvent('timed'), timestamp: LONG },
  oldEvent('last'),
];
const SENDABLE = ['first', 'typed', 'timed', 'last'];
/** The same id with another content, in another file. */
const TWIN = { eventId: LONG, data: `{"event_id":"${LONG}","n":2}` };

function givenQueues(home?: string) {
  const paths = givenHome(home);
  writeQueue(paths.legacyQueue, { rows: ROWS });
  writeQueue(scopedFile(paths, 'https://s.test', 'u@x.test', 't'), { rows: [TWIN] });
  return paths;
}

describe('old rows with ids of 100 kB', () => {
  it('are kept byte for byte and told apart; what has no usable id is never sent', async () => {
    const paths = givenQueues();
    const { core, report } = await migrated(paths);

    expect(report.totals).to.include({ rows_read: 9, imported: 8, conflicting: 1, flagged: 5 });
    const kept = journalOf(core);
    const texts = [TWIN, ...ROWS.filter(({ eventId }) => eventId !== LONG)].map(({ data }) => data);
    expect(kept.map(({ bytes }) => bytes.toString()).sort()).to.deep.equal(texts.sort());
    expect(new Set(kept.map(({ event_id }) => event_id))).to.have.property('size', 8);
    const [conflict] = rows<{ bytes: Buffer }>(
      core,
      'SELECT incoming_bytes AS bytes FROM conflict',
    );
    expect(conflict?.bytes.toString()).to.equal(ROWS[1]?.data);

    await givenTarget(core);
    const receiver = new ScriptedReceiver();
    expect(await drainWith(core, receiver)).to.include({ delivered: 4, terminal_failed: 4 });
    expect(receiver.posts.flat().sort()).to.deep.equal([...SENDABLE].sort());
    assertLedgerInvariant(core);
    const again = await migrated(paths, core);
    expect(again.report.totals).to.include({ imported: 0, conflicting: 0 });
    expect(journalOf(core)).to.have.length(8);
  });

  it('are named in warnings by the beginning of their id', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: [{ ...oldEvent(LONG), retryCount: 'many' }] });
    const { warnings } = sourceOf(await migrated(paths), 'queue.db');
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^row 1 \(x{512}…\): its retry_count is unusable: "many"$/);
  });

  it('come to lines for people, and to whole ids with --json', async () => {
    const cli = new WarmCli();
    givenQueues(cli.home);
    sendTo(cli, 'stub:');
    const commands: (readonly [args: readonly string[], code: number])[] = [
      [['migrate'], 5],
      [['events'], 0],
      [['inspect', `${LONG}y`, '--json'], 0],
      [['conflicts', 'show', '1'], 0],
      [['redact', LONG, '--reason', 'r'], 0],
      [['now'], 7],
      [['events', '--json'], 0],
    ];
    for (const [args, code] of commands.slice(0, rounds(1, 9))) {
      const run = await cli.run(args);
      const label = args.map((arg) => arg.slice(0, 20)).join(' ');
      expect(run.code, `${label}: ${run.stderr.slice(0, 300)}`).to.equal(code);
      if (args.includes('--json')) expect(run.stdout).to.include(`"${LONG}y"`);
      else
        for (const line of run.stdout.split('\n')) expect(line, label).to.have.length.below(3_000);
    }
  });

  it('do not widen a table without end, nor keep it from being laid out', () => {
    const columns = ['A', 'B'].map((heading, i) => ({
      key: heading,
      heading,
      value: (row: readonly string[]) => row[i] ?? '',
    }));
    const pipe = { isTerminal: false, columns: Number.POSITIVE_INFINITY, rows: 24 };
    const lines = table(
      columns,
      [
        [LONG, LONG],
        ['a', 'b'],
      ],
      pipe,
    ).split('\n');
    expect(lines).to.have.length(3);
    expect(lines[1]).to.match(/^x{600}… {2}x{600}…$/);
    expect(lines[2]).to.match(/^a {602}b$/);
  });
});
