import type BetterSqlite3 from 'better-sqlite3';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';

/** What was asked of the journal's connections, over all statements. */
export interface Asked {
  executions: number;
  /** Rows that came back. */
  rows: number;
}

/** Watches every connection to a journal that this process has or opens. */
export class StatementWatch {
  /** By the text of the statement. */
  readonly byText = new Map<string, Asked>();
  readonly #original = JournalDatabase.prototype.statement;

  start(): void {
    const { byText } = this;
    const original = this.#original;
    JournalDatabase.prototype.statement = function statement(this: JournalDatabase, sql: string) {
      const asked = byText.get(sql) ?? { executions: 0, rows: 0 };
      byText.set(sql, asked);
      return watched(original.call(this, sql), asked);
    } as typeof original;
  }

  stop(): void {
    JournalDatabase.prototype.statement = this.#original;
  }

  /** The sums so far. */
  get total(): Asked {
    const total = { executions: 0, rows: 0 };
    for (const { executions, rows } of this.byText.values()) {
      total.executions += executions;
      total.rows += rows;
    }
    return total;
  }
}

const EXECUTING = new Set<string | symbol>(['run', 'get', 'all', 'iterate']);

/** The same statement, which counts while it is used. */
function watched<T extends BetterSqlite3.Statement>(statement: T, asked: Asked): T {
  const proxy: T = new Proxy(statement, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...values: unknown[]): unknown => {
        const result: unknown = value.apply(target, values);
        if (!EXECUTING.has(name)) return result === target ? proxy : result;
        asked.executions += 1;
        return name === 'iterate'
          ? counted(result as Iterable<unknown>, asked)
          : note(result, asked);
      };
    },
  });
  return proxy;
}

function note(result: unknown, asked: Asked): unknown {
  if (Array.isArray(result)) asked.rows += result.length;
  else if (result !== undefined) asked.rows += 1;
  return result;
}

function* counted(rows: Iterable<unknown>, asked: Asked): Generator<unknown> {
  for (const row of rows) {
    asked.rows += 1;
    yield row;
  }
}
