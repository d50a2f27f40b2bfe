import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ArchiveDirectory } from '../../src/retention/archive-directory.js';
import { archiveEvents } from '../../src/retention/archiving.js';
import type { JobControl } from '../../src/retention/job-control.js';
import type { Finding, Verified } from '../../src/retention/verification.js';
import { arrived, edgeRequest } from '../support/arrivals.js';
import { newEvent, newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  drained,
  ensureTarget,
  type GivenStores,
  givenDelivered,
  givenStores,
  type OpenStores,
} from './given-stores.js';

const NO_CONTROL: JobControl = { signal: new AbortController().signal, progress: () => undefined };
const ANY_AGE = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: false };

/** What every engine checks; it may check more of its own. */
const COMMON = ['counters', 'ledger', 'spool', 'archives', 'digests', 'classes'];

/** What every Verification promises. */
export function describeVerification(name: string, open: OpenStores): void {
  describe(`Verification on ${name}`, () => {
    describeChecks(open);
    describeEdges(open);
    describeControl(open);
    describeFiles(open);
  });
}

function verified(
  { stores, home }: GivenStores,
  { control = NO_CONTROL, only }: { control?: JobControl; only?: readonly string[] } = {},
): Promise<Verified> {
  const request = { spoolDir: join(home, 'spool'), archiveDir: join(home, 'archive') };
  return stores.verification.verify(only === undefined ? request : { ...request, only }, control);
}

const problems = ({ checks }: Verified): string[] => checks.flatMap((check) => check.problems);

async function archive({ stores: { retention }, home }: GivenStores): Promise<string> {
  const directory = new ArchiveDirectory(join(home, 'archive'));
  const job = { retention, directory, scope: ANY_AGE, now: 1_795_358_210_123, control: NO_CONTROL };
  const { archives } = await archiveEvents(job);
  return directory.pathOf(archives[0]?.file ?? '');
}

/** Purged, archived, redacted, coalesced, rejected, live: something of everything. */
async function givenEverything(open: OpenStores): Promise<GivenStores> {
  const given = await givenDelivered(open, 3);
  const { journal, retention, redaction } = given.stores;
  await retention.purge([1, 2, 3], ANY_AGE, { kind: 'gc' }, 1);
  await journal.append(newEvents(4, 'arch'), 'capture');
  await drained(given);
  await archive(given);
  await journal.append(newEvents(3, 'c', { coalesceKey: 'k' }), 'capture');
  await journal.append(newEvents(5, 'live'), 'capture');
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'r' }));
  await drained(given, 1, receiver);
  await redaction.redact('live-000001', { reason: 'r', now: 1 });
  await ensureTarget(given, 'b');
  return given;
}

function describeChecks(open: OpenStores): void {
  it('finds nothing wrong after everything that can happen, and changes nothing', async () => {
    const given = await givenEverything(open);
    const found = await verified(given);
    expect(problems(found)).to.deep.equal([]);
    expect(found.events).to.equal(15);
    expect(found.checks.map(({ name }) => name)).to.include.members(COMMON);
    expect(found.checks.every(({ ok, count }) => ok && count === 0)).to.equal(true);
    expect(await verified(given)).to.deep.equal(found);
  });

  it('finds nothing wrong in an empty journal', async () => {
    const found = await verified(await givenStores(open));
    expect(problems(found)).to.deep.equal([]);
    expect(found.events).to.equal(0);
  });

  it('runs the named checks alone', async () => {
    const found = await verified(await givenDelivered(open, 2), { only: ['counters', 'ledger'] });
    expect(found.checks.map(({ name }) => name)).to.deep.equal(['counters', 'ledger']);
    expect(found.events).to.equal(2);
  });

  it('recounts counters to what they were when they were right', async () => {
    const given = await givenEverything(open);
    const before = await given.stores.retention.records([8, 9]);
    await given.stores.verification.recount();
    expect(problems(await verified(given))).to.deep.equal([]);
    expect(await given.stores.retention.records([8, 9])).to.deep.equal(before);
  });
}

function describeEdges(open: OpenStores): void {
  it('finds nothing wrong in what is known of edges, whatever they sent', async () => {
    const given = await givenEdgesOfAllSorts(open);
    const found = await verified(given);
    expect(problems(found)).to.deep.equal([]);
  });

  it('recounts the numbers of edges to what they were', async () => {
    const given = await givenEdgesOfAllSorts(open);
    const before = await given.stores.edges.list();
    expect(
      before.map(({ high, complete, received, excluded }) => [high, complete, received, excluded]),
    ).to.deep.equal([
      [12, 4, 8, 2],
      [2, 2, 2, 0],
      [4, 0, 1, 0],
    ]);
    await given.stores.verification.recount();
    expect(await given.stores.edges.list()).to.deep.equal(before);
  });
}

/** Gaps, numbers that are kept there and came later, replays, another event under a number, a conflict. */
async function givenEdgesOfAllSorts(open: OpenStores): Promise<GivenStores> {
  const given = await givenStores(open);
  const send = (...sent: Parameters<typeof arrived>) =>
    given.stores.journal.append(arrived(...sent), 'capture');
  await send([3, 4, 8], edgeRequest({ excluded: [[1, 2]] }));
  await send([2, 12], edgeRequest({ excluded: [[10, 10]] }));
  await send([3, 4, 9], edgeRequest({ again: [[3, 4]] }));
  await send([8, 6, 7], edgeRequest(), 'other-');
  await send([1, 2], edgeRequest({ home: 'home-b' }));
  await send([4], edgeRequest({ home: 'home-c' }));
  return given;
}

function describeControl(open: OpenStores): void {
  it('tells how far it is, and looks at a page of events at a time', async () => {
    const seen: number[] = [];
    const control = { ...NO_CONTROL, progress: (done: number) => void seen.push(done) };
    await verified(await givenDelivered(open, 300), { control });
    expect(seen.length).to.be.above(3);
    expect(seen.at(-1)).to.equal(300);
  });

  it('ends early when it is told to, with what it has found', async () => {
    const control = { ...NO_CONTROL, signal: AbortSignal.abort() };
    const found = await verified(await givenDelivered(open, 300), { control });
    expect(problems(found)).to.deep.equal([]);
    expect(found.checks.map(({ name }) => name)).to.include('counters');
  });

  it('lets captures in while it works', async () => {
    const given = await givenDelivered(open, 300);
    const [found, verdicts] = await Promise.all([
      verified(given),
      given.stores.journal.append([newEvent('meanwhile')], 'capture'),
    ]);
    expect(problems(found)).to.deep.equal([]);
    expect(verdicts).to.deep.equal(['captured']);
  });
}

function describeFiles(open: OpenStores): void {
  const checkOf = ({ checks }: Verified, name: string): Finding =>
    checks.find((check) => check.name === name) as Finding;

  it('names a spool file that cannot be read', async () => {
    const given = await givenDelivered(open, 1);
    mkdirSync(join(given.home, 'spool'));
    writeFileSync(join(given.home, 'spool', '01AAAAAAAAAAAAAAAAAAAAAAAA.spool'), 'rubbish');
    const { ok, problems } = checkOf(await verified(given), 'spool');
    expect(ok).to.equal(false);
    expect(problems[0]).to.match(/01A.*header is damaged/);
  });

  it('names an archive that cannot be read', async () => {
    const given = await givenDelivered(open, 2);
    writeFileSync(await archive(given), 'rubbish');
    const { count, problems } = checkOf(await verified(given), 'archives');
    expect(count).to.equal(1);
    expect(problems[0]).to.match(/SHA-256/);
  });

  it('names an archive that the journal gave events to and that does not hold them', async () => {
    const given = await givenDelivered(open, 5);
    const { retention } = given.stores;
    const directory = new ArchiveDirectory(join(given.home, 'archive'));
    await retention.purge([1, 2], ANY_AGE, { kind: 'gc' }, 1);
    await archive(given);
    const [path = ''] = directory.manifests();
    const id = path.slice(directory.path.length + 1).replace('.manifest.json', '');
    await given.stores.journal.append([newEvent('more')], 'capture');
    await drained(given);
    await retention.purge([6], ANY_AGE, { kind: 'archive', archiveId: id }, 1);
    const { problems } = checkOf(await verified(given), 'archives');
    expect(problems[0]).to.match(/lacks 1 of the 4 events/);
  });

  it('only notes an archive in use that was moved away', async () => {
    const given = await givenDelivered(open, 2);
    const record = { kind: 'archive', archiveId: 'archive-1' } as const;
    await given.stores.retention.purge([1, 2], ANY_AGE, record, 1);
    const { ok, notes } = checkOf(await verified(given), 'archives');
    expect(ok).to.equal(true);
    expect(notes[0]).to.match(/archive-1, which has the only bytes of 2 events/);
  });
}
