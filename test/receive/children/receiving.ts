// A receiver on the kit that kills itself in its nth effect, or after its nth
// commit and before the answer, whichever comes first. Says its port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';
import { type OnceStore, receiver, sqliteStore, toNode } from '../../../src/receive/index.js';

const [file = '', effects = '0', commits = '0'] = process.argv.slice(2);
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.exec('CREATE TABLE IF NOT EXISTS effect (id TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO effect VALUES (?)');
const store = sqliteStore(database);
const left = { effects: Number(effects), commits: Number(commits) };

function countDown(what: keyof typeof left): void {
  left[what] -= 1;
  if (left[what] === 0) process.kill(process.pid, 'SIGKILL');
}

const dying: OnceStore<typeof database> = {
  once: async (ids, effect) => {
    const outcomes = await store.once(ids, effect);
    countDown('commits');
    return outcomes;
  },
};

const handler = receiver({
  store: dying,
  onEvent: ({ id }) => {
    insert.run(id);
    countDown('effects');
  },
});
const server = createServer(toNode(handler)).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
