import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { StatusDocument } from '../../src/app/status.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { payloads, readJournal } from '../processes/journal-rows.js';
import { type Cli, type CliResult, startReceiver } from '../support/cli.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const event = (id: string, more: object = {}): object => ({
  event_id: id,
  event_type: 'WPStatusChanged',
  ...more,
});

const report = (run: CliResult): CaptureReport => run.json<CaptureReport>();
const ids = (cli: Cli): string[] => payloads(cli.home).map(({ eventId }) => eventId);

describe('redrain capture', () => {
  it('answers the document of its contract, with the ids it made', async () => {
    const cli = new WarmCli();
    const lines = [event('given'), '{ "event_type":"T",  "n":1.0 }'];
    const run = await cli.run(['capture', '--json', cli.file('two.jsonl', lines)]);
    expect(run.code, run.stderr).to.equal(0);
    expect(report(run)).to.include.all.keys(
      'captured',
      'duplicates',
      'conflicts',
      'refused',
      'discarded',
      'audited',
      'spooled',
      'lost',
      'event_ids',
      'errors',
    );
    const { event_ids, errors, ...counts } = report(run);
    expect(counts).to.include({ captured: 2, duplicates: 0, conflicts: 0, spooled: 0, lost: 0 });
    expect(errors).to.deep.equal([]);
    expect(event_ids).to.have.length(1);
    expect(event_ids[0]).to.match(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(ids(cli)).to.deep.equal(['given', event_ids[0]]);
    expect(payloads(cli.home)[1]?.bytes.toString()).to.equal(lines[1]);
    expect(run.stderr).to.equal('');
  });

  it('reads objects, arrays, lines and CloudEvents, from globs, files and stdin', async () => {
    const cli = new WarmCli();
    cli.file('a1.jsonl', [event('a1'), event('a2')]);
    cli.file('a2.jsonl', [JSON.stringify([event('b1'), event('b2')])]);
    const cloud = { specversion: '1.0', id: 'c1', type: 'com.example.done', source: '/x' };
    const run = await cli.run(['capture', 'a*.jsonl', '-'], { stdin: JSON.stringify(cloud) });
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout).to.equal('captured 5 events\n');
    expect(ids(cli)).to.deep.equal(['a1', 'a2', 'b1', 'b2', 'c1']);
  });

  it('reads stdin when no file is named', async () => {
    const cli = new WarmCli();
    const run = await cli.run(['capture'], { stdin: JSON.stringify(event('x')) });
    expect(run).to.include({ code: 0, stdout: 'captured 1 event\n' });
  });

  it('takes the same event again as a duplicate, however it is spelt', async () => {
    const cli = new WarmCli();
    const first = '{"event_id":"x","event_type":"T","n":100.0}';
    await captured(cli, [first]);
    const again = '{ "n": 1e2, "event_type": "T", "event_id": "\\u0078" }';
    const run = await cli.run(['capture', '--json'], { stdin: again });
    expect(run.code, run.stderr).to.equal(0);
    expect(report(run)).to.include({ captured: 0, duplicates: 1, conflicts: 0 });
    expect(payloads(cli.home).map(({ bytes }) => bytes.toString())).to.deep.equal([first]);
  });

  it('keeps another content for a known id beside the first, and exits 5', async () => {
    const cli = new WarmCli();
    await captured(cli, [event('x', { n: 1 })]);
    const other = JSON.stringify(event('x', { n: 2 }));
    const run = await cli.run(['capture', '--json'], { stdin: `${other}\nnot json\n` });

    expect(run.code, 'a conflict is heard of before bad input').to.equal(5);
    expect(report(run)).to.include({ captured: 0, duplicates: 0, conflicts: 1 });
    expect(run.stderr).to.match(/stdin:1: event x: .*both are kept/);
    expect(run.stderr).to.match(/stdin:2: not JSON/);
    expect(payloads(cli.home).map(({ bytes }) => bytes.toString())).to.deep.equal([
      JSON.stringify(event('x', { n: 1 })),
    ]);
    const kept = readJournal(cli.home, (db) =>
      db.prepare<[], Buffer>('SELECT incoming_bytes FROM conflict').pluck().get(),
    );
    expect(kept?.toString()).to.equal(other);
    const status = await cli.run(['status', '--json']);
    const { migration_conflicts } = status.json<StatusDocument>();
    expect(migration_conflicts)
      .to.include({ count: 1 })
      .and.have.nested.property('conflicts[0].event_id', 'x');
  });

  it('names every bad line by file and line, takes the good ones and exits 3', async () => {
    const cli = new WarmCli();
    const bad: readonly (readonly [string | Buffer, RegExp])[] = [
      ['not json at all', /not JSON/],
      ['[1]', /expected a JSON object|number/],
      ['{"event_id":"no-type"}', /no event_type/],
      ['{"event_id":"a","event_id":"b","event_type":"T"}', /two top-level event_id/],
      ['{"event_id":"nul\\u0000","event_type":"T"}', /NUL/],
      ['{"event_id":7.5,"event_type":"T"}', /event_id is the number 7\.5/],
      [Buffer.from('{"event_id":"\xff","event_type":"T"}', 'latin1'), /UTF-8/],
      [`{"event_id":"big","event_type":"T","x":"${'x'.repeat(1024 * 1024)}"}`, /larger than/],
    ];
    const file = join(cli.cwd, 'bad.jsonl');
    const lines = bad.flatMap(([line], i) => [JSON.stringify(event(`good-${i}`)), line]);
    writeFileSync(
      file,
      Buffer.concat(lines.map((line) => Buffer.from([...Buffer.from(line), 10]))),
    );

    const run = await cli.run(['capture', '--json', file]);

    expect(run.code, run.stderr).to.equal(3);
    const { captured: taken, errors } = report(run);
    expect(taken).to.equal(bad.length);
    expect(errors).to.have.length(bad.length);
    for (const [i, [, says]] of bad.entries()) {
      expect(errors[i]).to.include({ file, line: 2 * i + 2 });
      expect(errors[i]?.problem).to.match(says);
      expect(run.stderr).to.include(`${file}:${2 * i + 2}: `);
    }
    expect(ids(cli)).to.deep.equal(bad.map((_, i) => `good-${i}`));
  });

  it('names the first problems of each file and counts the rest', async () => {
    const cli = new WarmCli();
    for (const name of ['a', 'b']) writeFileSync(join(cli.cwd, name), 'rubbish\n'.repeat(3_000));
    const run = await cli.run(['capture', 'a', 'b']);
    expect(run.code).to.equal(3);
    const lines = run.stderr.trimEnd().split('\n');
    expect(lines).to.have.length(42);
    expect(lines[19]).to.match(/^a:20: not JSON/);
    expect(lines.slice(-2)).to.deep.equal(['a: and 2,980 more', 'b: and 2,980 more']);
    expect(run.stdout).to.include('6,000 inputs without a usable event');
    const document = report(await cli.run(['capture', '--json', 'a']));
    expect(document.errors).to.have.length(1_000);
    expect(document.more_errors).to.deep.equal({ a: 2_000 });
  });

  it('says which file is not there, and exits 3', async () => {
    const cli = new WarmCli();
    const run = await cli.run(['capture', 'nowhere.jsonl']);
    expect(run.code).to.equal(3);
    expect(run.stderr).to.include('nowhere.jsonl');
  });

  it('takes the files that are there, names those that are not, and exits 3', async () => {
    const cli = new WarmCli();
    const good = cli.file('good.jsonl', [{ event_id: 'a', event_type: 'T' }]);
    const words = ['capture', 'gone.jsonl', good, 'none/*.jsonl'];
    const run = await cli.run(words);
    expect(run.code, run.stderr).to.equal(3);
    expect(run.stdout).to.equal('captured 1 event, 2 files not found or not readable\n');
    expect(run.stderr).to.equal('no such file: gone.jsonl\nno file matches none/*.jsonl\n');
    const again = await cli.run([...words, '--json']);
    expect(again.json()).to.deep.include({
      duplicates: 1,
      errors: [
        { file: 'gone.jsonl', problem: 'no such file: gone.jsonl' },
        { file: 'none/*.jsonl', problem: 'no file matches none/*.jsonl' },
      ],
    });
    const job = await cli.run(['enqueue', 'capture', 'gone.jsonl', good, '--json']);
    expect(job.code).to.equal(3);
    expect(job.stderr).to.match(/no such file: gone.jsonl/);
    expect(job.json<{ jobs: unknown[] }>()).to.deep.include({ problems: 1 });
    expect(job.json<{ jobs: unknown[] }>().jobs).to.have.length(1);
  });

  it('exits 5, not 8, when a discard is refused and the content is in conflict too', async () => {
    const cli = new WarmCli();
    await captured(cli, [event('x', { n: 1 })]);
    expect((await cli.run(['mode', 'OPT_OUT'])).code).to.equal(0);
    const refused = await cli.run(['capture', '--json'], { stdin: JSON.stringify(event('y')) });
    expect(refused.code).to.equal(8);
    expect(report(refused)).to.include({ refused: 1, lost: 0 });
    expect(ids(cli)).to.deep.equal(['x', 'y']);

    const stdin = JSON.stringify(event('x', { n: 2 }));
    const conflict = await cli.run(['capture', '--json'], { stdin });
    expect(conflict.code, conflict.stderr).to.equal(5);
    expect(report(conflict)).to.include({ conflicts: 1 });
  });
});

describe('redrain capture when the journal cannot be written', () => {
  const journalOf = (cli: Cli): string => join(stateOf(cli.home), 'journal.db');

  /** What stands in the way, and how it is taken away again. */
  const TROUBLES: Readonly<Record<string, (cli: Cli) => Promise<() => void>>> = {
    'is locked by another program': async (cli) => {
      await captured(cli, [event('before')]);
      const db = new Database(journalOf(cli));
      db.exec('BEGIN IMMEDIATE');
      return () => db.close();
    },
    'was written by a newer redrain': async (cli) => {
      await captured(cli, [event('before')]);
      setVersion(cli, 1000, 1);
      return () => setVersion(cli, 1, 1000);
    },
    'is damaged': async (cli) => {
      mkdirSync(stateOf(cli.home), { recursive: true });
      writeFileSync(journalOf(cli), 'this is not a database'.repeat(1000));
      return () => rmSync(journalOf(cli));
    },
  };

  /** Moves the schema number from one to the other. */
  function setVersion(cli: Cli, to: number, from: number): void {
    const db = new Database(journalOf(cli));
    const known = db.pragma('user_version', { simple: true }) as number;
    db.pragma(`user_version = ${known - from + to}`);
    db.close();
  }

  for (const [trouble, make] of Object.entries(TROUBLES))
    it(`spools what it is given while it ${trouble}, and the next drain takes it in`, async () => {
      const cli = new WarmCli();
      const receiver = await startReceiver();
      cli.configure(
        `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${receiver.url}"\n[sync.capture]\nbusy_timeout_ms = 20\n`,
      );
      const fix = await make(cli);
      const lines = envelopes(3, 'spooled');
      const run = await cli.run(['capture', '--json', cli.file('later.jsonl', lines)]);
      expect(run.code, run.stderr).to.equal(0);
      expect(report(run)).to.include({ captured: 0, spooled: 3, lost: 0 });
      fix();

      const drained = await cli.run(['now', '--json']);
      expect(drained.code, drained.stderr).to.equal(0);
      for (const line of lines) {
        const { event_id: id } = JSON.parse(line) as { event_id: string };
        expect(receiver.sink.bytesOf(id)?.toString()).to.equal(line);
        expect(receiver.sink.timesOf(id)).to.equal(1);
      }
    });

  it('names each event that is lost, and exits 9, when the spool cannot be written either', async () => {
    const cli = new WarmCli();
    mkdirSync(stateOf(cli.home), { recursive: true });
    writeFileSync(journalOf(cli), 'this is not a database'.repeat(1000));
    writeFileSync(join(stateOf(cli.home), 'spool'), 'in the way');
    const stdin = `${JSON.stringify(event('lost-1'))}\nnot json\n${JSON.stringify(event('lost-2'))}\n`;
    const run = await cli.run(['capture', '--json'], { stdin });
    expect(run.code, run.stderr).to.equal(9);
    expect(report(run)).to.include({ captured: 0, spooled: 0, lost: 2 });
    for (const id of ['lost-1', 'lost-2']) {
      expect(run.stderr).to.match(new RegExp(`${id}.*LOST`));
      expect(report(run).errors.map(({ event_id }) => event_id)).to.include(id);
    }
  });

  it('names each event that is lost, and exits 9, when the home is not a directory at all', async () => {
    const cli = new WarmCli();
    writeFileSync(cli.home, 'in the way');
    const run = await cli.run(['capture', '--json'], { stdin: JSON.stringify(event('lost')) });
    expect(run.code, run.stderr).to.equal(9);
    expect(report(run)).to.include({ captured: 0, lost: 1 });
    expect(run.stderr).to.match(/lost.*LOST/);
  });

  it('is taken in by the next capture too, once', async () => {
    const cli = new WarmCli();
    const fix = await TROUBLES['is damaged']!(cli);
    expect((await cli.run(['capture'], { stdin: JSON.stringify(event('a')) })).code).to.equal(0);
    fix();
    await captured(cli, [event('b')]);
    expect(ids(cli)).to.deep.equal(['a', 'b']);
    sendTo(cli, 'stub:');
    expect((await cli.run(['now', '--json'])).json<DrainReport>().delivered).to.equal(2);
  });
});

describe('redrain capture with fields from config.toml', () => {
  it('finds id, type and time where the file says, and options go before it', async () => {
    const cli = new WarmCli();
    cli.configure(
      '[redrain.capture]\nid_field = "meta.key"\ntype_field = "kind"\ntime_field = "at"\n',
    );
    const stdin = '{"meta":{"key":"k1"},"kind":"Paid","at":"2026-03-02T13:00:00Z","uid":"u1"}\n';
    expect((await cli.run(['capture'], { stdin })).code).to.equal(0);
    expect((await cli.run(['capture', '--id-field', 'uid'], { stdin })).code).to.equal(0);
    const { stdout } = await cli.run(['events', '--output', 'jsonl']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event_id: string });
    expect(events.map(({ event_id }) => event_id)).to.have.members(['k1', 'u1']);
    for (const event of events) expect(event).to.include({ event_type: 'Paid' });
  });
});
