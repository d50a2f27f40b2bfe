import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import * as sql from './drain.sql.js';
import { type FloorAnswer, FloorPost } from './floor-post.js';

/** The limits of the product's requests (docs/protocol.md). */
const MAX_EVENTS = 1_000;
const MAX_BYTES = 512 * 1024;

interface Row {
  readonly seq: number;
  readonly eventId: string;
  readonly originId: number;
  readonly bytes: Buffer;
}

interface Entry {
  readonly event_id: string;
  readonly status: string;
}

interface Sent {
  readonly startedAt: number;
  readonly bytesSent: number;
  readonly answer: FloorAnswer;
}

/**
 * The durable work of a drain and nothing else: a flight row in a commit of
 * its own before each POST, and its deliveries, counters and log in one commit
 * after it. No retries, no permissions, no events that cannot be sent.
 */
export class FloorDrain {
  readonly #db: Database.Database;
  readonly #post: FloorPost;
  readonly #statements: Record<keyof typeof sql, Database.Statement>;

  constructor(db: Database.Database, url: string) {
    this.#db = db;
    this.#post = new FloorPost(url);
    const prepared = Object.entries(sql).map(([name, text]) => [name, db.prepare(text)]);
    this.#statements = Object.fromEntries(prepared);
  }

  /** Drains everything there is; returns the number of events the receiver took. */
  async drain(): Promise<number> {
    const claim = this.#db.transaction((after: number) => this.#claim(after)).immediate;
    const settle = this.#db.transaction((rows: Row[], sent: Sent) => this.#settle(rows, sent));
    let delivered = 0;
    for (let after = 0; ; ) {
      const rows = claim(after);
      const last = rows.at(-1);
      if (last === undefined) break;
      const sent = await this.#send(rows);
      // As the product: verdicts are synced with the next claim.
      this.#db.pragma('synchronous = NORMAL');
      delivered += settle.immediate(rows, sent);
      this.#db.pragma('synchronous = FULL');
      after = last.seq;
    }
    this.#post.close();
    return delivered;
  }

  #claim(after: number): Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of this.#statements.READ_BATCH.iterate(after, MAX_EVENTS) as Iterable<Row>) {
      bytes += row.bytes.length + 1;
      if (bytes > MAX_BYTES) break;
      rows.push(row);
    }
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return rows;
    const cursors = new Map(rows.map((row) => [row.originId, row.seq]));
    for (const [originId, seq] of cursors) this.#statements.MOVE_CURSOR.run(originId, seq);
    const seqs = JSON.stringify([[first.seq, last.seq]]);
    this.#statements.TAKE_OFF.run(randomUUID(), seqs, Date.now());
    return rows;
  }

  async #send(rows: readonly Row[]): Promise<Sent> {
    const startedAt = Date.now();
    const parts = rows.flatMap((row, i) => (i === 0 ? [row.bytes] : [COMMA, row.bytes]));
    // As the product: nothing is compressed on its way to this machine.
    const body = Buffer.concat([HEAD, ...parts, TAIL]);
    return { startedAt, bytesSent: body.length, answer: await this.#post.send(body) };
  }

  #settle(rows: readonly Row[], { startedAt, bytesSent, answer }: Sent): number {
    const now = Date.now();
    const { results } = JSON.parse(answer.body.toString()) as { results: Entry[] };
    const byId = new Map(results.map((entry) => [entry.event_id, entry]));
    const counts = new Map<number, number>();
    for (const { seq, eventId, originId } of rows) {
      const entry = byId.get(eventId);
      if (entry?.status !== 'success') throw new Error(`${eventId} was not taken`);
      // As the product: an entry that says no more than the row itself is not kept.
      const response = Object.keys(entry).length === 2 ? null : JSON.stringify(entry);
      const { INSERT_DELIVERY } = this.#statements;
      INSERT_DELIVERY.run(seq, 'success', now, now, now, now, answer.status, response);
      counts.set(originId, (counts.get(originId) ?? 0) + 1);
    }
    for (const [originId, events] of counts)
      this.#statements.COUNT_DELIVERIES.run(originId, 'success', events);
    const [first, last] = [rows[0]?.seq, rows.at(-1)?.seq];
    const outcomes = JSON.stringify({ success: [[first, last]] });
    const { LOG_POST, LAND } = this.#statements;
    const { status } = answer;
    LOG_POST.run(startedAt, now - startedAt, first, last, rows.length, outcomes, status, bytesSent);
    LAND.run();
    return rows.length;
  }
}

const HEAD = Buffer.from('{"events":[');
const COMMA = Buffer.from(',');
const TAIL = Buffer.from(']}');
