import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { OutboundEvent, StatusDocument } from '../../src/index.js';
import { envelopes, externalTo, givenRedrain, writeConfig } from '../library/given-redrain.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { results } from '../support/scripted-receiver.js';
import { expectSumsToHold, readableStatus } from './status-sections.js';

/** An old queue without any event, and with bodies that wait or have failed. */
function givenBodies(path: string, waiting: number, failed: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path);
  db.exec(`
    CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE, event_type TEXT,
      data TEXT, timestamp INTEGER, retry_count INTEGER);
    CREATE TABLE body_upload_queue (id INTEGER PRIMARY KEY AUTOINCREMENT, project_uuid TEXT);
    CREATE TABLE body_upload_failure_log (id INTEGER PRIMARY KEY AUTOINCREMENT, project_uuid TEXT)`);
  const add = (table: string, rows: number): void => {
    const insert = db.prepare(`INSERT INTO ${table} (project_uuid) VALUES ('p')`);
    for (let i = 0; i < rows; i += 1) insert.run();
  };
  add('body_upload_queue', waiting);
  add('body_upload_failure_log', failed);
  db.close();
}

describeOnEachHome('the six numbers of the status', (on) => {
  it('are six different numbers, each of its own', async () => {
    const { home, redrain, receiver, clock } = await givenRedrain({ on });
    const oldest = new Date(clock.now).toISOString();
    await redrain.captureMany(envelopes(9));
    await redrain.drain();
    clock.now += 60_000;
    await redrain.captureMany(envelopes(8, 'late'));
    writeConfig(home, externalTo('http://b.test/in'));
    const refused = ({ eventId }: OutboundEvent): boolean => /^e[0-4]$/.test(eventId);
    receiver.answer = (batch) =>
      results(batch, (event) =>
        refused(event) ? { kind: 'terminal_failed', reason: 'no' } : { kind: 'success' },
      );
    await redrain.drain({ limit: 12 });
    givenBodies(`${home}/queue.db`, 3, 2);

    const status = await readableStatus(redrain);
    const { body_upload_compatibility } = (await redrain.status()) as StatusDocument;
    const six = {
      retained: status.event_journal.retained_event_count,
      current: status.delivery_ledger.delivered_current_target,
      previous: status.delivery_ledger.delivered_previous_target,
      terminal: status.terminal_failures.count,
      ...body_upload_compatibility,
    };
    expect(six).to.deep.equal({
      retained: 17,
      current: 7,
      previous: 9,
      terminal: 5,
      body_upload_queue_count: 3,
      body_upload_failure_log_count: 2,
    });
    expect(new Set(Object.values(six)).size).to.equal(6);
    expect(status.event_journal.oldest_retained_event_at).to.equal(oldest);
    await expectSumsToHold(redrain, 17);
  });
});
