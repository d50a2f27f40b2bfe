import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { payloadDigests, sha256 } from '../processes/journal-rows.js';
import { type Cli, type CliResult } from '../support/cli.js';
import { corruptTable, markAsNewer, overwrite, setWritable } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { assertBelievable, journalled, spooled, spoolOf } from './home-state.js';

const BEFORE = envelopes(40, 'before');
const DURING = envelopes(3, 'during');

const journalOf = (cli: Cli): string => join(stateOf(cli.home), 'journal.db');

async function givenJournal(): Promise<Cli> {
  const cli = new WarmCli();
  sendTo(cli, 'stub:');
  await captured(cli, BEFORE);
  return cli;
}

const captures = (cli: Cli): Promise<CliResult> =>
  cli.run(['capture', cli.file('events.jsonl', DURING), '--json']);

function digestOf(file: string): string {
  return hash('sha256', readFileSync(file));
}

/** SQLite may leave older copies beside the one that counts. */
function everyPlaceOf(text: string, file: string): number[] {
  const bytes = readFileSync(file);
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) places.push(at);
  return places;
}

/** What people see is one line about the file, never a stack. */
function expectClear(run: CliResult, words: RegExp): void {
  expect(run.stderr + run.stdout).to.match(words);
  expect(run.stderr + run.stdout).to.not.match(/\n\s+at .*\.js:\d+/);
  expect(run.stderr).to.not.contain('This was not expected');
}

describe('a journal with a page of rubbish', function () {
  this.timeout(120_000);

  it('is left as it is; captures go to the spool; every command says what is wrong', async () => {
    const cli = await givenJournal();
    const whole = readFileSync(journalOf(cli));
    corruptTable(journalOf(cli), 'event');
    const rubbish = everyPlaceOf('Z'.repeat(4096), journalOf(cli));
    expect(rubbish).to.not.deep.equal([]);

    const capture = await captures(cli);
    expect(capture.code, capture.stderr).to.equal(0);
    expect(capture.json<CaptureReport>()).to.include({ captured: 0, spooled: 3 });
    const now = await cli.run(['now']);
    expect(now.code).to.equal(1);
    expectClear(
      now,
      /journal\.db: the database is damaged \(.*\): `redrain doctor` says what to do/,
    );
    const verify = await cli.run(['verify']);
    expect(verify.code).to.equal(2);
    expectClear(verify, /^NOT OK: /m);
    const doctor = await cli.run(['doctor']);
    expect(doctor.code).to.equal(2);
    expectClear(doctor, /damaged/);
    expect(
      everyPlaceOf('Z'.repeat(4096), journalOf(cli)),
      'nobody fixed it silently',
    ).to.deep.equal(rubbish);

    // A backup in its place, as docs/operations.md says.
    writeFileSync(journalOf(cli), whole);
    expect((await cli.run(['now'])).code).to.equal(0);
    expect([...payloadDigests(cli.home).values()]).to.deep.equal(
      [...BEFORE, ...DURING].map(sha256),
    );
    await assertBelievable(cli.home, 'after the backup');
  });

  it('is found by verify when a single byte of one payload has changed', async () => {
    const cli = await givenJournal();
    const file = journalOf(cli);
    const places = everyPlaceOf('"event_id": "before-0007"', file);
    expect(places, 'the payload is in the file').to.not.deep.equal([]);
    for (const at of places) overwrite(file, at + 30, Buffer.from('X'));
    const verify = await cli.run(['verify']);
    expect(verify.code).to.equal(2);
    expectClear(verify, /digests .*event before-0007 \(7\): its bytes are not what was captured/);
  });
});

describe('a journal with flipped bytes anywhere behind its first page', function () {
  this.timeout(rounds(120_000, 900_000));

  it('takes no capture that is not safe, and shows people no stack', async () => {
    const template = await givenJournal();
    const whole = readFileSync(journalOf(template));
    const page = 4096;
    const flips = fc.array(fc.integer({ min: page, max: whole.length - 1 }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const cli = new WarmCli();
        sendTo(cli, 'stub:');
        mkdirSync(stateOf(cli.home), { recursive: true, mode: 0o700 });
        const bytes = Buffer.from(whole);
        for (const at of places) bytes[at] = (bytes[at] as number) ^ 0xff;
        writeFileSync(journalOf(cli), bytes);
        const capture = await captures(cli);
        expectClear(capture, /captured/);
        const { captured: kept, duplicates, spooled: aside } = capture.json<CaptureReport>();
        expect(capture.code, capture.stderr).to.equal(0);
        expect(kept + duplicates + aside).to.equal(3);
        expect(spooled(cli.home)).to.equal(aside);
        for (const command of ['now', 'verify', 'status']) {
          const run = await cli.run([command]);
          expect([0, 1, 2, 6, 7], run.stderr).to.include(run.code);
          expectClear(run, /./);
        }
      }),
      { numRuns: rounds(3, 60) },
    );
  });
});

describe('a write-ahead log that was', function () {
  this.timeout(rounds(120_000, 600_000));
  const random = seededRandom(Number(process.env.REDRAIN_TEST_SEED ?? 4711));
  const GROUPS = rounds(2, 4);

  /** Killed before anything of its log went into the database. */
  async function givenLog(): Promise<{ cli: Cli; log: string }> {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, BEFORE);
    for (let group = 1; group <= GROUPS; group += 1) {
      const file = cli.file(`${group}.jsonl`, envelopes(5, `group-${group}`));
      const run = await cli.run(['capture', file], {
        crash: { step: 'journal.appended', nth: 1 },
      });
      expect(run.signal).to.equal('SIGKILL');
    }
    const log = `${journalOf(cli)}-wal`;
    expect(statSync(log).size).to.be.above(4096);
    return { cli, log };
  }

  const DAMAGES: readonly [name: string, damage: (log: string) => void][] = [
    ['cut off in the middle', (log) => truncateSync(log, Math.floor(statSync(log).size / 2))],
    ['overwritten with rubbish', (log) => writeFileSync(log, rubbish(statSync(log).size))],
    ['cut off by a few bytes', (log) => truncateSync(log, statSync(log).size - 7)],
    ['emptied', (log) => truncateSync(log, 0)],
    [
      'overwritten with rubbish at its end',
      (log) => overwrite(log, statSync(log).size - 4000, rubbish(4000)),
    ],
  ];

  const rubbish = (size: number): Buffer =>
    Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));

  for (const [name, damage] of DAMAGES.slice(0, rounds(2, DAMAGES.length)))
    it(`${name} costs whole groups at its end at most, and nothing that came before`, async () => {
      const { cli, log } = await givenLog();
      damage(log);
      const before = [...payloadDigests(cli.home).keys()];
      const groups = (before.length - BEFORE.length) / 5;
      expect(Number.isInteger(groups), `${before.length} events`).to.equal(true);
      const kept = Array.from({ length: groups }, (_, i) => envelopes(5, `group-${i + 1}`)).flat();
      expect([...payloadDigests(cli.home).values()]).to.deep.equal(
        [...BEFORE, ...kept].map(sha256),
      );
      const again = await captures(cli);
      expect(again.code, again.stderr).to.equal(0);
      expect(again.json<CaptureReport>()).to.include({ captured: 3 });
      expect((await cli.run(['now'])).code).to.equal(0);
      await assertBelievable(cli.home, name);
    });
});

describe('a home that may only be read', function () {
  this.timeout(60_000);

  it('is reported; what can be read is shown, and work continues when it is writable again', async () => {
    const cli = await givenJournal();
    setWritable(journalOf(cli), false);
    const before = digestOf(journalOf(cli));
    writeFileSync(join(stateOf(cli.home), 'spool'), 'nor can a directory be made here');
    const capture = await captures(cli);
    expect(capture.code).to.equal(9);
    for (const id of ['during-0001', 'during-0002', 'during-0003'])
      expect(capture.stderr).to.contain(id);
    expectClear(capture, /LOST: .*journal\.db: the database cannot be written/);
    const now = await cli.run(['now']);
    expect(now.code).to.equal(1);
    expectClear(now, /journal\.db: the database cannot be written/);
    expect((await cli.run(['events', '--json'])).stdout).to.contain('before-0001');
    expect(digestOf(journalOf(cli)), 'nothing of it was touched').to.equal(before);

    setWritable(journalOf(cli), true);
    rmSync(join(stateOf(cli.home), 'spool'));
    expect((await captures(cli)).json<CaptureReport>()).to.include({ captured: 3 });
    expect((await cli.run(['now'])).code).to.equal(0);
    await assertBelievable(cli.home, 'writable again');
  });
});

describe('a home that a newer redrain has written to', function () {
  this.timeout(60_000);

  it('is left alone by this one, which keeps its captures until the right one comes', async () => {
    const cli = await givenJournal();
    markAsNewer(journalOf(cli), SCHEMA_VERSION + 1);
    const before = digestOf(journalOf(cli));
    const capture = await captures(cli);
    expect(capture.code, capture.stderr).to.equal(0);
    expect(capture.json<CaptureReport>()).to.include({ captured: 0, spooled: 3 });
    for (const args of [['now'], ['archive', '--yes'], ['gc', '--yes'], ['verify'], ['migrate']]) {
      const run = await cli.run(args);
      expect(run.code, args.join(' ')).to.equal(1);
      expectClear(run, /journal\.db was written by a newer redrain .*upgrade redrain/);
    }
    const doctor = await cli.run(['doctor']);
    expect(doctor.code).to.equal(2);
    expectClear(doctor, /npm install --global redrain/);
    expect(digestOf(journalOf(cli)), 'nothing of it was touched').to.equal(before);
    expect(spoolOf(cli.home).files()).to.have.length(1);

    markAsNewer(journalOf(cli), SCHEMA_VERSION);
    expect((await cli.run(['now'])).code).to.equal(0);
    expect(journalled(cli.home)).to.equal(43);
    expect(spooled(cli.home)).to.equal(0);
    await assertBelievable(cli.home, 'with the right redrain');
  });
});
