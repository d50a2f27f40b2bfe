import 'reflect-metadata';
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { ENTITIES } from '../schema/entities.js';
import { configureConnection } from './connection.js';

/**
 * The TypeORM view of a journal file: schema migrations and inspection. The
 * running program writes through its own synchronous connection instead, as
 * transactions that interleave on TypeORM's shared one corrupt each other's
 * boundaries (docs/design.md). TypeORM's default logger talks on stdout, which is right for
 * its own CLI alone.
 */
export function journalDataSource(
  file: string,
  logger: 'advanced-console' | 'debug' = 'advanced-console',
): DataSource {
  return new DataSource({
    type: 'better-sqlite3',
    database: file,
    logger,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'each',
    prepareDatabase: (db: BetterSqlite3.Database) => configureConnection(db),
  });
}
