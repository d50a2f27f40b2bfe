import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain, type Redrain, StorageUnavailableError } from '../../src/index.js';
import { corruptHeader } from '../support/faults.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';
import { envelopes, givenRedrain } from './given-redrain.js';
import { payloadsOf } from './journal-rows.js';

/** Calls that only look. */
const READS: Readonly<Record<string, (redrain: Redrain) => Promise<unknown>>> = {
  status: (redrain) => redrain.status(),
  targets: (redrain) => redrain.targets(),
  inspect: (redrain) => redrain.inspect('any'),
  events: (redrain) => redrain.events(),
  projects: (redrain) => redrain.projects(),
  readiness: (redrain) => redrain.readiness(),
  preflight: (redrain) => redrain.preflight(),
  verify: (redrain) => redrain.verify(),
  mode: (redrain) => redrain.mode(),
  'retry with dryRun': (redrain) => redrain.retry({ dryRun: true }),
  'drain with dryRun': (redrain) => redrain.drain({ dryRun: true }),
};

describe('a home that does not exist', () => {
  for (const [name, read] of Object.entries(READS)) {
    it(`is not made by ${name}`, async () => {
      const { home, redrain } = await givenNoHome();
      await read(redrain);
      await redrain.close();
      expect(existsSync(home)).to.equal(false);
    });
  }

  it('is not made by opening and closing', async () => {
    const { home, redrain } = await givenNoHome();
    await redrain.close();
    expect(existsSync(home)).to.equal(false);
  });

  it('is made by the first capture', async () => {
    const { home, redrain } = await givenNoHome();
    await redrain.capture({ event_id: 'a', event_type: 'T' });
    expect(payloadsOf(home)).to.have.length(1);
  });
});

describe('a home that is there', () => {
  it('holds no file more and no file less after a look at it', async () => {
    const { home, redrain } = await givenRedrain();
    await redrain.captureMany(envelopes(3));
    await redrain.drain();
    await redrain.close();
    const before = tree(home);
    const reader = await openRedrain({ home, env: {} });
    for (const read of Object.values(READS)) await read(reader);
    await reader.close();
    expect(tree(home)).to.deep.equal(before);
  });

  it('can be read while it is written', async () => {
    const { redrain } = await givenRedrain();
    await redrain.captureMany(envelopes(2));
    const capturing = redrain.captureMany(envelopes(2_000, 'more'));
    const status = await redrain.status();
    expect(status.event_journal).to.not.have.property('error');
    await capturing;
  });

  it('says that its journal is damaged where it cannot answer otherwise', async () => {
    const { home, redrain } = await givenRedrain();
    await redrain.captureMany(envelopes(2));
    await redrain.close();
    corruptHeader(join(stateOf(home), 'journal.db'));
    const reader = await openRedrain({ home, env: {} });
    for (const read of [READS.inspect, READS.targets]) {
      const failure = await read?.(reader).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(StorageUnavailableError);
    }
  });
});

describe('close', () => {
  it('waits for captures under way', async () => {
    const { home, redrain } = await givenRedrain();
    const capturing = envelopes(50).map((event) => redrain.capture(event));
    await redrain.close();
    expect(payloadsOf(home)).to.have.length(50);
    await Promise.all(capturing);
  });

  it('can be called twice, and lets the next one in', async () => {
    const { home, redrain } = await givenRedrain();
    await redrain.capture({ event_id: 'a', event_type: 'T' });
    await redrain.close();
    await redrain.close();
    const next = await givenRedrain({ home });
    expect(await next.redrain.capture({ event_id: 'a', event_type: 'T' })).to.include({
      kind: 'duplicate',
    });
  });
});

describe('inspect', () => {
  it('has the exact bytes, the delivery and the post of an event', async () => {
    const { redrain } = await givenRedrain();
    const text = '{ "event_id":"a",  "event_type":"T" }';
    await redrain.capture(text);
    await redrain.drain();
    const story = await redrain.inspect('a');
    expect(story?.revisions).to.have.length(1);
    const [revision] = story?.revisions ?? [];
    expect(revision?.bytes?.toString()).to.equal(text);
    expect(revision?.targets[0]?.delivery).to.include({ status: 'success', attempt_count: 1 });
    expect(revision?.targets[0]?.posts.map((post) => post.outcome)).to.deep.equal(['success']);
    expect(await redrain.inspect('b')).to.equal(undefined);
  });
});

async function givenNoHome(): Promise<{ home: string; redrain: Redrain }> {
  const home = join(temporaryHome(), 'not', 'there');
  const redrain = await openRedrain({ home, env: {} });
  closeAfterTest(() => redrain.close());
  return { home, redrain };
}

/** Paths below a home, without SQLite's own side files. */
function tree(home: string): string[] {
  mkdirSync(home, { recursive: true });
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/-(wal|shm)$/.test(path))
    .sort();
}
