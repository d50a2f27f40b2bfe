/**
 * Both a preload for `node --import` and what asks for it: the process kills
 * itself, as `kill -9` would, when it prepares a statement with this text. So
 * it dies in the middle of a transaction, where no named step is.
 */
import Database from 'better-sqlite3';

const VARIABLE = 'REDRAIN_TEST_DIES_BEFORE';
const wanted = process.env[VARIABLE];

/** The environment of a child process that dies before this part of a statement. */
export function diesBefore(sql: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, [VARIABLE]: sql };
}

if (wanted !== undefined) {
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function dying(this: Database.Database, sql: string) {
    if (sql.includes(wanted)) process.kill(process.pid, 'SIGKILL');
    return prepare.call(this, sql);
  } as typeof prepare;
}
