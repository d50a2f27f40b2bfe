import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fromRanges, type SeqRanges } from '../../src/ledger/seq-ranges.js';
import { stateOf } from '../support/temporary-home.js';
import type { EventType, Project } from './commands.js';
import { conflictLine } from './conflict-line.js';
import type { Observed, SeenDelivery, SeenEvent, SeenFlight, SeenTarget } from './observed.js';
import { laneOf } from './target-model.js';
import type { Witness } from './witness.js';

interface EventRow extends Omit<SeenEvent, 'sha256' | 'place'> {
  readonly seq: number;
  readonly recorded: Buffer;
  readonly bytes: Buffer | null;
  readonly kind: string | null;
  readonly archive: string | null;
}

interface ConflictRow {
  readonly id: string;
  readonly recorded: Buffer;
  readonly bytes: Buffer;
  readonly kept: string | null;
}

interface TargetRow extends Pick<SeenTarget, 'resumeAt' | 'passNo'> {
  readonly id: number;
  readonly endpoint: string;
  readonly retiredAt: number | null;
}

/** A row of one target. */
type OfTarget<T> = T & { readonly target: number };
type Seq = OfTarget<{ readonly seq: number }>;
type FlightRow = OfTarget<{ readonly seqs: string }>;
type LaneRow = OfTarget<{ project: Project | ''; type: EventType; cursor: number }>;

/** In words that every engine knows. */
const EVENTS = `
  SELECT e.seq, e.event_id AS "id", e.sha256 AS "recorded", e.source,
    COALESCE(m.class, 'live') AS "eventClass", p.bytes, g.kind, g.detail AS "archive"
  FROM event e LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN payload p ON p.seq = e.seq
  LEFT JOIN purge g ON g.seq = e.seq ORDER BY e.seq`;

const CONFLICTS = `
  SELECT id AS "number", event_id AS "id", incoming_sha256 AS "recorded", incoming_bytes AS "bytes", kept FROM conflict`;

const SPOOL_DONE = 'SELECT name FROM spool_done';

const TARGETS = `
  SELECT id, raw_endpoint AS "endpoint", retired_at AS "retiredAt", resume_at AS "resumeAt",
    pass_no AS "passNo" FROM target ORDER BY id`;

const DELIVERIES = `
  SELECT target_id AS "target", seq, status, attempt_count AS "attempts",
    rejection_count AS "rejections", generation, next_attempt_at AS "due" FROM delivery`;

const HISTORY = `
  SELECT target_id AS "target", seq || ' ' || generation || ' ' || status AS "line"
  FROM delivery_history`;

const REPLAYED = `
  SELECT target_id AS "target", seq FROM todo WHERE replay = 1 ORDER BY seq`;

const FLIGHTS = 'SELECT target_id AS "target", seqs FROM flight';

const OWED = `
  SELECT o.target_id AS "target", o.seq FROM todo o WHERE NOT EXISTS (
    SELECT 1 FROM delivery d WHERE d.target_id = o.target_id AND d.seq = o.seq)`;

const CURSORS = `
  SELECT l.target_id AS "target", o.project_uuid AS "project", o.event_type AS "type", l.cursor AS "cursor"
  FROM lane l JOIN origin o ON o.id = l.origin_id`;

/** Looks at a home from outside: a connection of its own, and the files. */
export class Observer {
  readonly #witness: Witness;
  readonly #home: string;
  /** What an archive has of an event never changes, unless it is erased: each is read once. */
  readonly #archives = new Map<string, ReadonlyMap<number, string>>();

  constructor(witness: Witness, home: string) {
    this.#witness = witness;
    this.#home = home;
  }

  async look(): Promise<Observed> {
    const [events, conflicts, done, targets, deliveries, history, replayed, flights] =
      (await this.#witness.read([
        EVENTS,
        CONFLICTS,
        SPOOL_DONE,
        TARGETS,
        DELIVERIES,
        HISTORY,
        REPLAYED,
        FLIGHTS,
      ])) as [
        EventRow[],
        ConflictRow[],
        { name: string }[],
        TargetRow[],
        OfTarget<SeenDelivery & { seq: number }>[],
        OfTarget<{ line: string }>[],
        Seq[],
        FlightRow[],
      ];
    const taken = new Set(done.map(({ name }) => name));
    const spooled = this.#names('spool').filter((name) => name.endsWith('.spool'));
    const rows = { deliveries, history, replayed, flights };
    return {
      events: events.map((row) => this.#event(row)),
      conflicts: conflicts.map(seenConflict).sort(),
      waiting: spooled.filter((name) => !taken.has(name)).length,
      ingested: taken.size,
      targets: Object.fromEntries(targets.map((row) => [serverOf(row), seenTarget(row, rows)])),
    };
  }

  /** Spool files that were taken in. */
  async ingested(): Promise<number> {
    return (await this.#rows(SPOOL_DONE)).length;
  }

  /** Ids of targets by the name of their server. */
  async targetIds(): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.#rows<TargetRow>(TARGETS)).map((row) => [serverOf(row), row.id]));
  }

  /** Until when the circuit of a target is open, in epoch milliseconds. */
  async circuitOpenUntil(targetId: number): Promise<number> {
    const sql = 'SELECT id, COALESCE(circuit_open_until, 0) AS "until" FROM target';
    const rows = await this.#rows<{ id: number; until: number }>(sql);
    return rows.find(({ id }) => id === targetId)?.until ?? 0;
  }

  /** The first event a target gets. */
  async startOf(targetId: number): Promise<number> {
    const sql = 'SELECT id, start_seq AS "start" FROM target';
    const rows = await this.#rows<{ id: number; start: number }>(sql);
    return rows.find(({ id }) => id === targetId)?.start ?? 0;
  }

  /** What a server's target has in flight. */
  async flightOf(server: string): Promise<SeenFlight> {
    const [targets, flights, owed, lanes] = (await this.#witness.read([
      TARGETS,
      FLIGHTS,
      OWED,
      CURSORS,
    ])) as [TargetRow[], FlightRow[], Seq[], LaneRow[]];
    const id = targets.find((row) => serverOf(row) === server)?.id;
    const ofTarget = <T>(rows: readonly OfTarget<T>[]) =>
      rows.filter(({ target }) => target === id);
    return {
      inFlight: seqsOf(ofTarget(flights)),
      owed: new Set(ofTarget(owed).map(({ seq }) => seq)),
      cursors: new Map(ofTarget(lanes).map((lane) => [laneOf(projectOf(lane)), lane.cursor])),
    };
  }

  /** The number that the journal gave a conflict: a group that died may have used up some. */
  async conflictId({
    id,
    sha256,
  }: {
    readonly id: string;
    readonly sha256: string;
  }): Promise<number> {
    const rows = await this.#rows<ConflictRow & { number: number }>(CONFLICTS);
    const isIt = (row: ConflictRow) => row.id === id && row.recorded.toString('hex') === sha256;
    return rows.find(isIt)?.number ?? 0;
  }

  /** Ids of archives, oldest first. */
  archives(): string[] {
    return this.#names('archive')
      .filter((name) => name.endsWith(MANIFEST))
      .map((name) => name.slice(0, -MANIFEST.length))
      .sort();
  }

  seqsInArchive(id: string): number[] {
    return fromRanges(this.#manifest(id).seqs);
  }

  #event({ seq, recorded, bytes, kind, archive, ...row }: EventRow): SeenEvent {
    const { id, source, eventClass } = row;
    const stated = recorded.toString('hex');
    const seen = (digest: string, place: string) => ({
      ...{ id, source, eventClass },
      sha256: digest,
      place,
    });
    if (bytes !== null) return seen(sha256(bytes), 'journal');
    if (kind === 'gc' || kind === 'redact') return seen(stated, 'gone');
    if (kind !== 'archive') return seen(stated, 'LOST');
    return seen(this.#digests(archive ?? '').get(seq) ?? 'LOST', 'archive');
  }

  /** Digests of the bytes in one archive by sequence number, read without any code of redrain. */
  #digests(id: string): ReadonlyMap<number, string> {
    const known = this.#archives.get(id);
    if (known !== undefined) return known;
    const digests = new Map<number, string>();
    for (const { seq, bytes } of this.#records(id))
      if (bytes !== null) digests.set(seq, sha256(Buffer.from(bytes, 'base64')));
    this.#archives.set(id, digests);
    return digests;
  }

  /** Digests of every payload that the archives hold. */
  archivedDigests(): Set<string> {
    const records = this.archives().flatMap((id) => this.#records(id));
    const kept = records.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
    return new Set(kept.map((bytes) => sha256(Buffer.from(bytes, 'base64'))));
  }

  #records(id: string): { seq: number; bytes: string | null }[] {
    const packed = readFileSync(join(stateOf(this.#home), 'archive', this.#manifest(id).file));
    const lines = gunzipSync(packed).toString('utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as { seq: number; bytes: string | null });
  }

  #manifest(id: string): { readonly seqs: SeqRanges; readonly file: string } {
    return JSON.parse(
      readFileSync(join(stateOf(this.#home), 'archive', id + MANIFEST), 'utf8'),
    ) as { seqs: SeqRanges; file: string };
  }

  #names(directory: string): string[] {
    try {
      return readdirSync(join(stateOf(this.#home), directory));
    } catch {
      return [];
    }
  }

  async #rows<T>(sql: string): Promise<T[]> {
    return ((await this.#witness.read([sql]))[0] ?? []) as T[];
  }
}

const MANIFEST = '.manifest.json';

/** `http://a.test/in` is server a. */
const serverOf = ({ endpoint }: TargetRow): string =>
  new URL(endpoint).hostname.split('.')[0] ?? '';

const seqsOf = (flights: readonly { readonly seqs: string }[]): number[] =>
  flights.flatMap(({ seqs }) => fromRanges(JSON.parse(seqs) as SeqRanges));

const projectOf = ({ project, type }: LaneRow) => ({
  project: project === '' ? null : project,
  type,
});

interface TargetRows {
  readonly deliveries: readonly OfTarget<SeenDelivery & { readonly seq: number }>[];
  readonly history: readonly OfTarget<{ readonly line: string }>[];
  readonly replayed: readonly Seq[];
  readonly flights: readonly FlightRow[];
}

function seenTarget(target: TargetRow, rows: TargetRows): SeenTarget {
  const isOfIt = (row: OfTarget<unknown>): boolean => row.target === target.id;
  return {
    retired: target.retiredAt !== null,
    resumeAt: target.resumeAt,
    passNo: target.passNo,
    deliveries: Object.fromEntries(
      rows.deliveries.filter(isOfIt).map(({ target: _id, seq, ...rest }) => [seq, rest]),
    ),
    history: rows.history
      .filter(isOfIt)
      .map(({ line }) => line)
      .sort(),
    replayed: rows.replayed.filter(isOfIt).map(({ seq }) => seq),
    inFlight: seqsOf(rows.flights.filter(isOfIt)),
  };
}

function seenConflict({ id, recorded, bytes, kept }: ConflictRow): string {
  const stated = recorded.toString('hex');
  const isErased = bytes.length === 0;
  const isTrue = isErased || sha256(bytes) === stated;
  return conflictLine({ id, sha256: isTrue ? stated : 'LOST', isErased, kept });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
