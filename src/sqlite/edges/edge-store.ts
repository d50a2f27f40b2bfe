import type {
  EdgeDetails,
  EdgeFault,
  EdgeInstance,
  EdgePlace,
  EdgeRecord,
  EdgeStore,
} from '../../edges/edge-store.js';
import { LONGEST_RANGE } from '../../edges/placing.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './edges.sql.js';

type EdgeRow = Omit<EdgeRecord, 'faults'>;

/** What a hub knows of its edges, on SQLite. `noteArrivals` writes it. */
export class SqliteEdges implements EdgeStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async list(): Promise<EdgeRecord[]> {
    return this.#db.read(() => {
      const faults = this.#faults();
      const rows = this.#db.statement<[], EdgeRow>(sql.LIST).all();
      return rows.map((row) => ({ ...row, faults: faults.get(row.id) ?? [] }));
    });
  }

  async find(which: string, gaps: number): Promise<EdgeDetails | undefined> {
    return this.#db.read(() => {
      const row = this.#db.statement<object, EdgeRow>(sql.FIND).get({ which });
      return row && { ...row, faults: this.#faults().get(row.id) ?? [], ...this.#rest(row, gaps) };
    });
  }

  async acknowledge(id: number): Promise<number> {
    return this.#db.write(() => this.#db.statement(sql.ACKNOWLEDGE).run(id).changes);
  }

  async bind(sha256: string, home: string): Promise<string> {
    const bound = this.#db.statement<[string], string>(sql.BOUND).pluck();
    const known = bound.get(sha256);
    if (known !== undefined) return known;
    return this.#db.write(() => {
      this.#db.statement(sql.BIND).run(sha256, home);
      return bound.get(sha256) ?? home;
    });
  }

  async placesOf(seq: number): Promise<EdgePlace[]> {
    const given = { seq, longest: LONGEST_RANGE };
    return this.#db.statement<object, EdgePlace>(sql.PLACES_OF).all(given);
  }

  async sendersOf(conflictId: number): Promise<EdgePlace[]> {
    return this.#db.statement<[number], EdgePlace>(sql.SENDERS_OF).all(conflictId);
  }

  #faults(): Map<number, EdgeFault[]> {
    const rows = this.#db.statement<[], EdgeFault & { edgeId: number }>(sql.FAULTS).all();
    const byEdge = new Map<number, EdgeFault[]>();
    for (const { edgeId, ...fault } of rows)
      byEdge.set(edgeId, [...(byEdge.get(edgeId) ?? []), fault]);
    return byEdge;
  }

  #rest({ id, complete }: EdgeRow, most: number): Omit<EdgeDetails, keyof EdgeRecord> {
    const gaps: [number, number][] = [];
    let gapsLeft = 0;
    const rows = this.#db.statement<object, { first: number; last: number }>(sql.GAPS);
    for (const { first, last } of rows.iterate({ edgeId: id, complete }))
      if (gaps.length < most) gaps.push([first, last]);
      else gapsLeft += 1;
    const instances = this.#db.statement<[number], EdgeInstance>(sql.INSTANCES).all(id);
    return { gaps, gapsLeft, instances };
  }
}
