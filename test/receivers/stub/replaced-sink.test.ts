import { mkdtempSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { startServer } from '../../../src/receivers/stub/server.js';
import { Sink } from '../../../src/receivers/stub/sink.js';
import { SinkUnavailableError } from '../../../src/receivers/stub/sink-connection.js';

const POST = { receivedAt: 5, events: 1, stored: 1, status: 200 };
const event = (eventId: string) => ({ eventId, bytes: Buffer.from(`{"event_id":"${eventId}"}`) });

/** What the file at a path holds, read as any other program would. */
function idsIn(file: string): unknown[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare('SELECT event_id FROM received ORDER BY seq').pluck().all();
  } finally {
    db.close();
  }
}

describe('a sink whose file is replaced while it is open', () => {
  let folder: string;
  let db: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'redrain-sink-'));
    db = path.join(folder, 'sink.db');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('receives into the file that is at the path', () => {
    const sink = new Sink({ db });
    sink.receive([event('a')], POST);
    const before = sink.instanceId;
    rmSync(db);
    expect(sink.receive([event('a')], POST)).to.deep.equal([1]);
    expect(idsIn(db)).to.deep.equal(['a']);
    expect(sink.instanceId, 'it is another instance').to.not.equal(before);
    sink.close();
  });

  it('goes on in a copy that was put in its place', () => {
    const sink = new Sink({ db });
    sink.receive([event('a')], POST);
    const other = new Sink({ db: `${db}.other` });
    other.receive([event('b')], POST);
    other.close();
    renameSync(db, `${db}.before`);
    renameSync(`${db}.other`, db);
    expect(sink.receive([event('b')], POST)).to.deep.equal([2]);
    sink.receive([event('c')], POST);
    expect(idsIn(db)).to.deep.equal(['b', 'c']);
    expect(idsIn(`${db}.before`), 'the one before has all that its log held').to.deep.equal(['a']);
    sink.close();
  });

  it('keeps what its log holds when only the log is deleted', () => {
    const sink = new Sink({ db });
    sink.receive([event('a')], POST);
    unlinkSync(`${db}-wal`);
    expect(sink.receive([event('a')], POST)).to.deep.equal([2]);
    expect(idsIn(db)).to.deep.equal(['a']);
    sink.close();
  });

  it('acknowledges nothing that went into a file that was removed meanwhile', () => {
    const sink = new Sink({ db });
    const removing = {
      eventId: 'a',
      get bytes(): Buffer {
        rmSync(db, { force: true });
        return Buffer.from('{}');
      },
    };
    expect(() => sink.receive([removing], POST)).to.throw(
      SinkUnavailableError,
      /sink\.db was removed/,
    );
    expect(sink.receive([event('a')], POST)).to.deep.equal([1]);
    sink.close();
  });

  it('is a 503 of the server while it cannot be opened again, and a 200 afterwards', async () => {
    const server = await startServer({ db });
    const post = () =>
      fetch(server.url, { method: 'POST', body: JSON.stringify({ events: [{ event_id: 'a' }] }) });
    try {
      expect((await post()).status).to.equal(200);
      renameSync(folder, `${folder}.away`);
      const refused = await post();
      expect(refused.status).to.equal(503);
      expect(await refused.text()).to.match(/sink\.db: it does not exist/);
      renameSync(`${folder}.away`, folder);
      expect(await (await post()).text()).to.contain('duplicate');
    } finally {
      await server.close();
    }
  });
});
