import { parsed, toJson } from './job-row.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { QueueClock, WorkerRecord } from './ports.js';

/** Rows of workers that were not seen for so long are deleted. */
const FORGOTTEN_MS = 24 * 3_600_000;

type WorkerRow = Omit<WorkerRecord, 'queues' | 'targets'> & { queues: string; targets: string };

/** Which worker processes there are: each writes a row of its own, again and again. */
export class WorkerRegistry {
  readonly #db: JobsDatabase;
  readonly #clock: QueueClock;

  constructor(db: JobsDatabase, clock: QueueClock) {
    this.#db = db;
    this.#clock = clock;
  }

  announce(worker: Omit<WorkerRecord, 'seenAt'>): Promise<void> {
    const { queues, targets, ...rest } = worker;
    const now = this.#clock.now();
    return this.#db.write(() => {
      this.#db.statement(sql.FORGET_OLD_WORKERS).run({ now, longest: FORGOTTEN_MS });
      const row = { ...rest, seenAt: now, queues: toJson(queues), targets: toJson(targets) };
      this.#db.statement(sql.ANNOUNCE_WORKER).run(row);
    });
  }

  forget(id: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.statement(sql.FORGET_WORKER).run(id);
    });
  }

  list(): WorkerRecord[] {
    const rows = this.#db.statement(sql.LIST_WORKERS).all() as WorkerRow[];
    return rows.map(({ queues, targets, ...rest }) => ({
      ...rest,
      queues: listIn(queues).map(String),
      targets: listIn(targets).map(Number),
    }));
  }
}

function listIn(text: string): unknown[] {
  const list = parsed(text);
  return Array.isArray(list) ? list : [];
}
