/**
 * Both a preload for `node --import` and what asks for it: the process kills
 * itself, as `kill -9` would, before it prepares or runs a statement with this text. So
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
  for (const name of ['exec', 'pragma', 'prepare'] as const) {
    const go = Database.prototype[name] as (...given: unknown[]) => unknown;
    const dying = function (this: Database.Database, ...given: unknown[]): unknown {
      if (String(given[0]).includes(wanted)) process.kill(process.pid, 'SIGKILL');
      return go.apply(this, given);
    };
    Object.assign(Database.prototype, { [name]: dying });
  }
}
