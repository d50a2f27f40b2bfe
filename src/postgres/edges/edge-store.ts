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
import { storable } from '../text.js';
import type { Queries } from '../transaction.js';
import * as sql from './edges.sql.js';

type EdgeRow = Omit<EdgeRecord, 'faults'>;

/** What a hub knows of its edges, on PostgreSQL. `noteArrivals` writes it. */
export class PostgresEdges implements EdgeStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  list(): Promise<EdgeRecord[]> {
    return this.#db.read(async (queries) => {
      const faults = await faultsOf(queries);
      const rows = await queries.all<EdgeRow>(sql.LIST);
      return rows.map((row) => ({ ...row, faults: faults.get(row.id) ?? [] }));
    });
  }

  find(which: string, gaps: number): Promise<EdgeDetails | undefined> {
    return this.#db.read(async (queries) => {
      const row = await queries.get<EdgeRow>(sql.FIND, { which: storable(which) });
      if (row === undefined) return undefined;
      const faults = (await faultsOf(queries)).get(row.id) ?? [];
      return { ...row, faults, ...(await restOf(queries, row, gaps)) };
    });
  }

  acknowledge(id: number): Promise<number> {
    return this.#db.write('journal', (tx) => tx.run(sql.ACKNOWLEDGE, { id }));
  }

  async bind(sha256: string, home: string): Promise<string> {
    const known = await this.#db.get<{ home: string }>(sql.BOUND, { sha256 });
    if (known !== undefined) return known.home;
    return this.#db.write('journal', async (tx) => {
      await tx.run(sql.BIND, { sha256, home });
      return (await tx.get<{ home: string }>(sql.BOUND, { sha256 }))?.home ?? home;
    });
  }

  placesOf(seq: number): Promise<EdgePlace[]> {
    return this.#db.all<EdgePlace>(sql.PLACES_OF, { seq, longest: LONGEST_RANGE });
  }

  sendersOf(conflictId: number): Promise<EdgePlace[]> {
    return this.#db.all<EdgePlace>(sql.SENDERS_OF, { conflictId });
  }
}

async function faultsOf(queries: Queries): Promise<Map<number, EdgeFault[]>> {
  const rows = await queries.all<EdgeFault & { edgeId: number }>(sql.FAULTS);
  const byEdge = new Map<number, EdgeFault[]>();
  for (const { edgeId, ...fault } of rows)
    byEdge.set(edgeId, [...(byEdge.get(edgeId) ?? []), fault]);
  return byEdge;
}

async function restOf(
  queries: Queries,
  { id: edgeId, complete }: EdgeRow,
  most: number,
): Promise<Omit<EdgeDetails, keyof EdgeRecord>> {
  const rows = await queries.all<{ first: number; last: number }>(sql.GAPS, { edgeId, complete });
  return {
    gaps: rows.slice(0, most).map(({ first, last }) => [first, last] as const),
    gapsLeft: Math.max(0, rows.length - most),
    instances: await queries.all<EdgeInstance>(sql.INSTANCES, { edgeId }),
  };
}
