import { parsed, toJson } from '../queue/job-row.js';
import type { QueueClock, WorkerRecord } from '../queue/ports.js';
import type { Records } from './engine.js';
import { WORKER } from './records.js';

/** Records of workers that were not seen for so long are deleted. */
const FORGOTTEN_MS = 24 * 3_600_000;

/** Which worker processes there are: each writes a record of its own, again and again. */
export class WorkerRecords {
  readonly #records: Records;
  readonly #clock: QueueClock;

  constructor(records: Records, clock: QueueClock) {
    this.#records = records;
    this.#clock = clock;
  }

  async announce(worker: Omit<WorkerRecord, 'seenAt'>): Promise<void> {
    const now = this.#clock.now();
    for (const { id, seenAt } of await this.list())
      if (Math.abs(now - seenAt) > FORGOTTEN_MS) await this.forget(id);
    await this.#records.put(WORKER, worker.id, toJson({ ...worker, seenAt: now }));
  }

  async forget(id: string): Promise<void> {
    await this.#records.delete(WORKER, id);
  }

  async list(): Promise<WorkerRecord[]> {
    const found = (await this.#records.list(WORKER)).flatMap(([id, text]) => read(id, text));
    return found.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
  }
}

/** A damaged record is not shown as a worker. */
function read(id: string, text: string): WorkerRecord[] {
  const found = parsed(text) as Partial<WorkerRecord> | null;
  if (typeof found?.seenAt !== 'number' || typeof found.startedAt !== 'number') return [];
  const { kind = '', host = '', pid = 0, startedAt, seenAt } = found;
  const queues = listIn(found.queues).map(String);
  const targets = listIn(found.targets).map(Number);
  return [{ id, kind, host, pid, startedAt, queues, targets, seenAt }];
}

const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
