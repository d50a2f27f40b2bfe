import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Sink } from '../../../src/receivers/stub/sink.js';

const POST = { receivedAt: 5, events: 2, stored: 2, status: 200 };
const event = (eventId: string, text: string) => ({ eventId, bytes: Buffer.from(text) });

describe('Sink', () => {
  let folder: string;
  let db: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'redrain-sink-'));
    db = path.join(folder, 'sink.db');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps the first bytes of an id and counts the rest', () => {
    const sink = new Sink({ db });
    expect(
      sink.receive([event('a', '{"n": 1.0}'), event('b', 'B'), event('a', 'later')], POST),
    ).to.deep.equal([1, 1, 2]);
    expect(sink.receive([event('a', 'later still')], POST)).to.deep.equal([3]);
    expect(sink.bytesOf('a')?.toString()).to.equal('{"n": 1.0}');
    expect([sink.timesOf('a'), sink.timesOf('b'), sink.timesOf('c')]).to.deep.equal([3, 1, 0]);
    expect(sink.bytesOf('c')).to.equal(undefined);
    expect(sink.eventIds()).to.deep.equal(['a', 'b']);
    expect(sink.stats()).to.deep.equal({ posts: 2, events: 4, unique: 2, duplicates: 2 });
    expect(sink.posts()).to.deep.equal([POST, POST]);
    sink.close();
  });

  it('stores all of a post or nothing', () => {
    const sink = new Sink({ db });
    const broken = { eventId: 'b', bytes: null as unknown as Buffer };
    expect(() => sink.receive([event('a', 'A'), broken], POST)).to.throw();
    expect(sink.stats()).to.deep.equal({ posts: 0, events: 0, unique: 0, duplicates: 0 });
    sink.close();
  });

  it('is the same instance when opened again, and another when made again', () => {
    const first = new Sink({ db });
    first.receive([event('a', 'A')], POST);
    first.close();
    const again = new Sink({ db });
    expect(again.instanceId).to.equal(first.instanceId);
    expect(again.eventIds()).to.deep.equal(['a']);
    again.close();
    const other = new Sink({ db: path.join(folder, 'other.db'), durable: false });
    expect(other.instanceId).to.not.equal(first.instanceId);
    other.close();
  });

  it('is readable by its owner alone', () => {
    const sink = new Sink({ db });
    sink.receive([event('a', 'A')], POST);
    for (const file of [db, `${db}-wal`, `${db}-shm`])
      expect(statSync(file).mode & 0o777, file).to.equal(0o600);
    sink.close();
  });
});
