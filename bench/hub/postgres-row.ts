import { hash } from 'node:crypto';
import pg from 'pg';
import { App } from '../../src/app/app.js';
import { placeOf } from '../../src/postgres/place.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import type { Cost } from '../cost.js';
import type { FloorEvent } from '../floor/floor-event.js';
import { BenchDatabases } from '../postgres/bench-database.js';
import { FLOOR_SCHEMA, INSERT_EVENTS } from '../postgres/floor.sql.js';
import { projectUuids } from '../projects.js';
import type { RowResult } from '../result.js';
import { takeTurns } from '../rounds.js';
import { costOfEdges, EDGES, hubResult, REQUESTS, withFloorServer, withHub } from './hub-rows.js';

/** A hub on PostgreSQL that 8 edges send to at once, against a server that inserts the same events through `pg`. */
export function hubOnPostgresRow(at: BenchSurroundings): Promise<RowResult[]> {
  const requests = at.scaled(REQUESTS, 1);
  return BenchDatabases.with(at, 'a hub on PostgreSQL', async (databases) => {
    const turns = await takeTurns(at.rounds, [
      () => databases.database((url) => product(at, url, requests)),
      () => databases.database((url) => floor(url, requests)),
    ]);
    return [hubResult(`hub on PostgreSQL, ${EDGES} edges at once`, turns, 0.5)];
  });
}

async function product(at: BenchSurroundings, url: string, requests: number): Promise<Cost> {
  const home = at.workspace.directory('hub');
  const app = new App({ home, env: { REDRAIN_STORAGE_URL: url } });
  const cost = await withHub(app, (port) => costOfEdges(port, { requests }));
  await app.close();
  at.workspace.discard(home);
  return cost;
}

/** A connection for each edge, a statement and a commit for each request. Counters and the order of numbers are left out. */
async function floor(url: string, requests: number): Promise<Cost> {
  const settings = { connectionString: placeOf(url).connectionString, max: EDGES };
  const pool = new pg.Pool({ ...settings, options: '-c search_path=floor' });
  // Its connections may still be ending when the database goes.
  pool.on('error', () => undefined);
  await pool.query(FLOOR_SCHEMA);
  const cost = await withFloorServer(
    async (events) => {
      const values = columnsOf(events);
      await pool.query({ name: 'insert', text: INSERT_EVENTS, values });
    },
    (port) => costOfEdges(port, { requests }),
  );
  await pool.end();
  return cost;
}

const PROJECTS = projectUuids(3);

function columnsOf(events: readonly FloorEvent[]): unknown[][] {
  const now = Date.now();
  return [
    events.map(({ eventId }) => eventId),
    events.map(({ eventType }) => eventType),
    events.map(({ projectUuid }) => PROJECTS.indexOf(projectUuid)),
    events.map(({ timestamp }) => timestamp),
    events.map(() => now),
    events.map(({ bytes }) => hash('sha256', bytes, 'buffer')),
    events.map(({ bytes }) => bytes.length),
    events.map(({ bytes }) => bytes),
  ];
}
