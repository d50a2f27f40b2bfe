import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { type OnceOutcome, sqliteStore } from '../../src/receive/index.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { batchOf, givenReceiver } from './given-receiver.js';

describe('the SQLite store of the receiver kit', () => {
  function givenDatabase(): Database.Database {
    const database = new Database(join(temporaryHome(), 'own.db'));
    closeAfterTest(() => database.close());
    database.pragma('journal_mode = WAL');
    database.exec('CREATE TABLE effect (id TEXT)');
    return database;
  }

  const effectsIn = (database: Database.Database): unknown[] =>
    database.prepare('SELECT id FROM effect ORDER BY rowid').pluck().all();
  const idsIn = (database: Database.Database): unknown[] =>
    database.prepare('SELECT id FROM received_event_ids ORDER BY id').pluck().all();

  it('commits the effects of a request together, each once', async () => {
    const database = givenDatabase();
    const store = sqliteStore(database);
    const insert = database.prepare('INSERT INTO effect VALUES (?)');
    const take = (...ids: string[]) => store.once(ids, (index) => insert.run(ids[index]));
    expect(await take('a', 'b', 'a')).to.deep.equal(['success', 'success', 'duplicate']);
    expect(await take('b', 'c')).to.deep.equal(['duplicate', 'success']);
    expect(effectsIn(database)).to.deep.equal(['a', 'b', 'c']);
    expect(idsIn(database)).to.deep.equal(['a', 'b', 'c']);
  });

  it('waits for the disk, whatever the database was set to', () => {
    const database = givenDatabase();
    database.pragma('synchronous = OFF');
    sqliteStore(database);
    expect(database.pragma('synchronous', { simple: true })).to.equal(2);
  });

  it('undoes an effect that throws, with its id, and nothing else', async () => {
    const database = givenDatabase();
    const store = sqliteStore(database);
    const ids = ['a', 'bad', 'c'];
    const outcomes = await store.once(ids, (index, db) => {
      db.prepare('INSERT INTO effect VALUES (?)').run(ids[index]);
      if (ids[index] === 'bad') throw new Error('no');
    });
    expect(outcomes.map(kindOf)).to.deep.equal(['success', 'no', 'success']);
    expect(effectsIn(database)).to.deep.equal(['a', 'c']);
    expect(idsIn(database)).to.deep.equal(['a', 'c']);
  });

  it('stores nothing of a request when its transaction ends in the middle', async () => {
    const database = givenDatabase();
    const store = sqliteStore(database);
    const ids = ['a', 'full', 'c'];
    const take = (ending: string) =>
      store
        .once(ids, (index, db) => {
          if (ids[index] === 'full') db.exec(ending);
          else db.prepare('INSERT INTO effect VALUES (?)').run(ids[index]);
        })
        .then(() => 'taken')
        .catch(() => 'failed');
    expect(await take('ROLLBACK')).to.equal('failed');
    expect(idsIn(database)).to.deep.equal([]);
    expect(effectsIn(database)).to.deep.equal([]);
  });

  it('stores nothing when the disk is full, and all of it once there is room', async () => {
    const database = givenDatabase();
    const store = sqliteStore(database);
    const ids = Array.from({ length: 50 }, (_, index) => `e-${index}`);
    const insert = database.prepare('INSERT INTO effect VALUES (?)');
    const take = () => store.once(ids, (index) => insert.run(`${ids[index]}${'x'.repeat(4096)}`));
    const pages = database.pragma('page_count', { simple: true }) as number;
    database.pragma(`max_page_count = ${pages + 10}`);
    await take().then(
      () => expect.fail('there was room'),
      (error: unknown) => expect(String(error)).to.contain('full'),
    );
    expect([effectsIn(database), idsIn(database)]).to.deep.equal([[], []]);
    database.pragma('max_page_count = 1000000');
    expect(new Set(await take())).to.deep.equal(new Set(['success']));
    expect(effectsIn(database)).to.have.length(50);
  });

  it('refuses an effect that is not over when it returns, and a database in a transaction', async () => {
    const database = givenDatabase();
    const store = sqliteStore(database);
    const [outcome] = await store.once(['a'], async () => undefined);
    expect(kindOf(outcome!)).to.contain('must be synchronous');
    expect(idsIn(database)).to.deep.equal([]);
    database.exec('BEGIN');
    expect(() => sqliteStore(database)).to.throw('in a transaction');
    const error = await store.once(['a'], () => 1).catch(String);
    expect(error).to.contain('in a transaction');
    database.exec('ROLLBACK');
  });

  it('makes a file of its own when it is given a path', async () => {
    const file = join(temporaryHome(), 'received.db');
    const store = sqliteStore(file);
    await store.once(['a'], (_, db) => db.exec('CREATE TABLE mine (id TEXT)'));
    const database = new Database(file, { readonly: true });
    closeAfterTest(() => database.close());
    expect(idsIn(database)).to.deep.equal(['a']);
    expect(database.pragma('journal_mode', { simple: true })).to.equal('wal');
  });

  it('knows ids of any length and any characters', async () => {
    const { post, events, database } = givenReceiver();
    const odd = ['x'.repeat(100_000), 'nul\0', 'half\ud800', 'half\ud801', 'é', '["/a","1"]'];
    for (const status of ['success', 'duplicate'])
      for (const event_id of odd) {
        const { body } = await post(batchOf({ event_id }));
        expect(body.results?.[0]).to.deep.equal({ event_id, status });
      }
    expect(events.map(({ id }) => id)).to.deep.equal(odd);
    expect((idsIn(database) as string[]).every((id) => id.length < 256)).to.equal(true);
  });
});

function kindOf(outcome: OnceOutcome): string {
  return typeof outcome === 'string' ? outcome : (outcome.error as Error).message;
}
