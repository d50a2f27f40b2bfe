import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fromRanges, type SeqRanges } from '../../src/ledger/seq-ranges.js';
import type { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { rows } from '../support/core.js';
import { stateOf } from '../support/temporary-home.js';
import type { Observed, SeenDelivery, SeenEvent, SeenTarget } from './observed.js';

interface EventRow extends Omit<SeenEvent, 'sha256' | 'place'> {
  readonly seq: number;
  readonly recorded: Buffer;
  readonly bytes: Buffer | null;
  readonly kind: string | null;
  readonly archive: string | null;
}

interface ConflictRow {
  readonly id: string;
  readonly bytes: Buffer;
  readonly kept: string | null;
}

interface TargetRow extends Pick<SeenTarget, 'resumeAt' | 'passNo'> {
  readonly id: number;
  readonly endpoint: string;
  readonly retiredAt: number | null;
}

const EVENTS = `
  SELECT e.seq, e.event_id AS id, e.sha256 AS recorded, e.source, COALESCE(m.class, 'live') AS eventClass,
    p.bytes, g.kind, g.detail AS archive
  FROM event e LEFT JOIN mark m USING (seq) LEFT JOIN payload p USING (seq)
  LEFT JOIN purge g USING (seq) ORDER BY e.seq`;

const CONFLICTS = 'SELECT event_id AS id, incoming_bytes AS bytes, kept FROM conflict';

const TARGETS = `
  SELECT id, raw_endpoint AS endpoint, retired_at AS retiredAt, resume_at AS resumeAt,
    pass_no AS passNo FROM target ORDER BY id`;

const DELIVERIES = `
  SELECT seq, status, attempt_count AS attempts, rejection_count AS rejections, generation,
    next_attempt_at AS due FROM delivery WHERE target_id = ?`;

const HISTORY = `
  SELECT seq || ' ' || generation || ' ' || status AS line FROM delivery_history WHERE target_id = ?`;

const REPLAYED = 'SELECT seq FROM todo WHERE target_id = ? AND replay = 1 ORDER BY seq';

const FLIGHT = 'SELECT seqs FROM flight WHERE target_id = ?';

/** Looks at a home from outside: a connection of its own, and the files. */
export class Observer {
  readonly #db: JournalDatabase;
  readonly #home: string;
  /** Data files never change: each is read once. */
  readonly #archives = new Map<string, ReadonlyMap<number, string>>();

  constructor(db: JournalDatabase, home: string) {
    this.#db = db;
    this.#home = home;
  }

  look(): Observed {
    const conflicts = this.#rows<ConflictRow>(CONFLICTS);
    const done = new Set(this.#rows<{ name: string }>('SELECT name FROM spool_done').map(nameOf));
    return {
      events: this.#rows<EventRow>(EVENTS).map((row) => this.#event(row)),
      conflicts: conflicts.map(({ id, bytes, kept }) => `${id} ${sha256(bytes)} ${kept}`).sort(),
      waiting: this.#names('spool').filter((name) => name.endsWith('.spool') && !done.has(name))
        .length,
      ingested: done.size,
      targets: Object.fromEntries(
        this.#rows<TargetRow>(TARGETS).map((row) => [serverOf(row), this.#target(row)]),
      ),
    };
  }

  /** Spool files that were taken in. */
  ingested(): number {
    return this.#rows('SELECT name FROM spool_done').length;
  }

  /** Ids of targets by the name of their server. */
  targetIds(): ReadonlyMap<string, number> {
    return new Map(this.#rows<TargetRow>(TARGETS).map((row) => [serverOf(row), row.id]));
  }

  /** Until when the circuit of a target is open, in epoch milliseconds. */
  circuitOpenUntil(targetId: number): number {
    const sql = 'SELECT COALESCE(circuit_open_until, 0) AS until FROM target WHERE id = ?';
    return this.#rows<{ until: number }>(sql, targetId)[0]?.until ?? 0;
  }

  /** The first event a target gets. */
  startOf(targetId: number): number {
    const sql = 'SELECT start_seq AS start FROM target WHERE id = ?';
    return this.#rows<{ start: number }>(sql, targetId)[0]?.start ?? 0;
  }

  /** What a server's target has in flight. */
  flightOf(server: string): number[] {
    const id = this.targetIds().get(server);
    const [row] = id === undefined ? [] : this.#rows<{ seqs: string }>(FLIGHT, id);
    return fromRanges(JSON.parse(row?.seqs ?? '[]') as SeqRanges);
  }

  /** Ids of archives, oldest first. */
  archives(): string[] {
    return this.#names('archive')
      .filter((name) => name.endsWith(MANIFEST))
      .map((name) => name.slice(0, -MANIFEST.length))
      .sort();
  }

  seqsInArchive(id: string): number[] {
    const text = readFileSync(join(stateOf(this.#home), 'archive', id + MANIFEST), 'utf8');
    return fromRanges((JSON.parse(text) as { seqs: SeqRanges }).seqs);
  }

  #event({ seq, recorded, bytes, kind, archive, ...row }: EventRow): SeenEvent {
    const stated = recorded.toString('hex');
    if (bytes !== null) return { ...row, sha256: sha256(bytes), place: 'journal' };
    if (kind !== 'archive')
      return { ...row, sha256: stated, place: kind === 'gc' ? 'gone' : 'LOST' };
    const kept = this.#digests(archive ?? '').get(seq);
    return { ...row, sha256: kept ?? 'LOST', place: 'archive' };
  }

  #target({ id, retiredAt, resumeAt, passNo }: TargetRow): SeenTarget {
    const deliveries = this.#rows<SeenDelivery & { seq: number }>(DELIVERIES, id);
    const flight = this.#rows<{ seqs: string }>(FLIGHT, id)[0]?.seqs ?? '[]';
    return {
      retired: retiredAt !== null,
      resumeAt,
      passNo,
      deliveries: Object.fromEntries(deliveries.map(({ seq, ...rest }) => [seq, rest])),
      history: this.#rows<{ line: string }>(HISTORY, id)
        .map(({ line }) => line)
        .sort(),
      replayed: this.#rows<{ seq: number }>(REPLAYED, id).map(({ seq }) => seq),
      inFlight: fromRanges(JSON.parse(flight) as SeqRanges),
    };
  }

  /** Digests of the bytes in one archive by sequence number, read without any code of redrain. */
  #digests(id: string): ReadonlyMap<number, string> {
    const known = this.#archives.get(id);
    if (known !== undefined) return known;
    const packed = readFileSync(join(stateOf(this.#home), 'archive', `${id}.jsonl.gz`));
    const lines = gunzipSync(packed).toString('utf8').split('\n').filter(Boolean);
    const records = lines.map((line) => JSON.parse(line) as { seq: number; bytes: string });
    const digests = new Map(
      records.map(({ seq, bytes }) => [seq, sha256(Buffer.from(bytes, 'base64'))]),
    );
    this.#archives.set(id, digests);
    return digests;
  }

  #names(directory: string): string[] {
    try {
      return readdirSync(join(stateOf(this.#home), directory));
    } catch {
      return [];
    }
  }

  #rows<T>(sql: string, ...values: unknown[]): T[] {
    return rows<T>({ db: this.#db }, sql, ...values);
  }
}

const MANIFEST = '.manifest.json';

const nameOf = ({ name }: { name: string }): string => name;

/** `http://a.test/in` is server a. */
const serverOf = ({ endpoint }: TargetRow): string =>
  new URL(endpoint).hostname.split('.')[0] ?? '';

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
