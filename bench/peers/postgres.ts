import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** The server that the environment names (`PGHOST` and its like), or the one on loopback. */
export const connection = () => ({
  host: process.env.PGHOST ?? '127.0.0.1',
  database: process.env.PGDATABASE ?? 'test',
  user: process.env.PGUSER ?? 'root',
});

export const schemaName = (): string => `redrain_bench_${randomUUID().replaceAll('-', '')}`;

/** Connections add theirs when they end. */
export async function logSyncs(): Promise<number> {
  const [row] = await once<{ syncs: string }>('SELECT wal_sync AS syncs FROM pg_stat_wal');
  return Number(row?.syncs);
}

/** One statement on a connection of its own. */
export async function once<Row extends object>(text: string): Promise<Row[]> {
  const client = new pg.Client(connection());
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
