import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { OutboundEvent, Redrain } from '../../src/index.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { oldQueues } from '../../src/spec-kitty/legacy/old-queues.js';
import { thisProcess } from '../../src/targets/holder.js';
import { envelopes, externalTo, givenRedrain, writeConfig } from '../library/given-redrain.js';
import { changeJournal } from '../library/journal-rows.js';
import { documentText, rowsOf } from '../support/markdown.js';
import { results } from '../support/scripted-receiver.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';

/** Every field that the tables name; elements of lists have `[]`. */
const documented = (): Set<string> =>
  new Set(
    // The second has what is there only in a home that is shared with Spec Kitty.
    ['docs/status.md', 'docs/spec-kitty.md']
      .flatMap((page) => rowsOf(documentText(page), 'field'))
      .flatMap(({ names }) => names),
  );

/** Reasons are their names. */
const COUNTS_BY_REASON = /\.(held|held_by)$/;

/** The path of every value of a document; of a list also those of its elements. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value))
    return [path, ...value.flatMap((element) => fieldsOf(element, `${path}[]`))];
  if (value === null || typeof value !== 'object') return [path.replace(/\[\]$/, '')];
  if (COUNTS_BY_REASON.test(path)) return [path];
  const within = Object.entries(value).flatMap(([name, one]) =>
    fieldsOf(one, path === '' ? name : `${path}.${name}`),
  );
  return [path, ...within];
}

/** Objects are in the page by what is in them, and each may be `{error}`. */
const isNamed = (path: string, names: ReadonlySet<string>): boolean =>
  names.has(path) || [...names].some((name) => name.startsWith(`${path}.`));

describe('the status document in docs/status.md', () => {
  it('has every field that a status has, and no other', async function () {
    this.timeout(20_000);
    const documents = [
      await untouched(),
      await collectable(),
      await inTrouble(),
      { body_upload_compatibility: damagedQueue() },
    ];
    const fields = new Set(
      documents.flatMap((one) => fieldsOf(JSON.parse(JSON.stringify(one)))).filter(isField),
    );
    const names = documented();
    expect([...fields].filter((path) => !isNamed(path, names))).to.deep.equal([]);
    expect([...names].filter((name) => !fields.has(name))).to.deep.equal([]);
  });
});

const isField = (path: string): boolean =>
  path !== '' && !path.endsWith('[]') && !path.endsWith('.error');

const untouched = async () => (await givenRedrain()).redrain.status();

/** Everything is delivered, and large: gc is suggested. */
async function collectable() {
  const { home, redrain } = await givenRedrain();
  await redrain.captureMany(envelopes(2));
  await redrain.drain();
  changeJournal(home, 'UPDATE journal_count SET bytes = 60000000');
  return redrain.status();
}

/** A home with something in every list. */
async function inTrouble() {
  const { home, redrain, receiver, clock } = await givenRedrain();
  const refuse = ({ eventId }: OutboundEvent): boolean => eventId === 'e0';
  receiver.answer = (batch) =>
    results(batch, (event) =>
      refuse(event) ? { kind: 'terminal_failed', reason: 'no' } : { kind: 'success' },
    );
  await redrain.captureMany(envelopes(3));
  await redrain.drain();
  writeConfig(home, externalTo('http://b.test/in'));
  await redrain.drain();
  await givenConflict(redrain);
  givenLeases(home);
  givenOldQueue(home);
  await givenJobs(home, clock);
  return redrain.status();
}

async function givenConflict(redrain: Redrain): Promise<void> {
  await redrain.captureMany([{ event_id: 'e1', event_type: 'Another' }]);
}

/** One of another version that lives, on the current target, and one that is gone; both servers were reset. */
function givenLeases(home: string): void {
  const server = { server_url: null, team_or_user: null, queue_db_path: null };
  const other = { ...thisProcess(server), package_version: '0.0.1' };
  const gone = { ...other, pid: 2 ** 30 };
  const signal = { field: 'data', before: 'a', after: 'b', at: 1 };
  const lease = (holder: object, id: number): string =>
    `UPDATE target SET lease_token = 't', lease_holder = '${JSON.stringify(holder)}',
       reset_signal = '${JSON.stringify(signal)}' WHERE id = ${id}`;
  changeJournal(home, `${lease(gone, 1)}; ${lease(other, 2)}`);
}

function givenOldQueue(home: string): void {
  const old = new Database(`${home}/queue.db`);
  old.exec(`CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE,
      event_type TEXT, data TEXT, timestamp INTEGER, retry_count INTEGER);
    INSERT INTO queue (event_id, event_type, data, timestamp, retry_count)
      VALUES ('o', 'T', '{"event_id":"o","event_type":"T"}', 1, 0)`);
  old.close();
}

/** A job that failed, one that warned, and a worker. */
async function givenJobs(home: string, { now }: { readonly now: number }): Promise<void> {
  const file = `${stateOf(home)}/jobs.db`;
  const queues = await LitequeQueues.open(file, { clock: { now: () => now } });
  closeAfterTest(() => queues.close());
  const queue = queues.queue('gc');
  await queue.add('gc', {}, { removeOnComplete: false });
  const well = queue.process(async () => null);
  await well.whenIdle();
  await well.close();
  const jobs = new Database(file);
  jobs.exec(`UPDATE job SET warning = '{"cause":"spool","message":"2 wait"}'`);
  jobs.close();
  await queue.add('gc', {}, { attempts: 1 });
  const failing = queue.process(async () => Promise.reject(new Error('no room')));
  await failing.whenIdle();
  await failing.close();
  const { host, pid } = thisProcess({ server_url: null, team_or_user: null, queue_db_path: null });
  const worker = { id: 'w', kind: 'gc', host, pid, startedAt: 1, targets: [], queues: ['gc'] };
  await queues.announce(worker);
}

/** An old file that an import found damaged. */
function damagedQueue() {
  const file = {
    path: '/home/queue.db',
    kind: 'legacy',
    digest: null,
    event_count: 1,
    waiting_count: 0,
    body_upload_count: null,
    failure_log_count: null,
    imported: true,
    damage: 'a page is lost',
  } as const;
  return oldQueues([file], file.path, file.path).fields.body_upload_compatibility;
}
