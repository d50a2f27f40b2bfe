import type { ClaimRequest, Pass } from '../../src/dispatch/ports.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { SqliteLedger } from '../../src/sqlite/ledger/delivery-ledger.js';
import { readLanes } from '../../src/sqlite/ledger/pass-lanes.js';
import { select } from '../../src/sqlite/ledger/selection.js';
import { type FrontJournal, isFrontProject, type Shape } from './front-journal.js';

const BATCH = 1_000;

/** Milliseconds of choosing the first 1000 of a pass, and of the whole claim, bytes and fsync included. */
export interface ClaimTimes {
  readonly select: number;
  readonly claim: number;
}

/** Claims the next 1000 events behind a front, again and again, and takes each claim back. */
export class ClaimTimer {
  readonly #db: JournalDatabase;
  readonly #ledger: SqliteLedger;
  readonly #pass: Pass;
  readonly #request: ClaimRequest;
  readonly #lanes: { originId: number; cursor: number }[];

  private constructor(db: JournalDatabase, ledger: SqliteLedger, pass: Pass, shape: Shape) {
    this.#db = db;
    this.#ledger = ledger;
    this.#pass = pass;
    this.#request = {
      limits: { maxEvents: BATCH, maxBytes: 4 * 1024 * 1024 },
      wireSize: (event) => event.size + 1,
      heldBy: ({ projectUuid }) =>
        shape === 'held' && isFrontProject(projectUuid) ? 'project_not_allowed' : null,
      ignoreBackoff: false,
      now: pass.startedAt,
    };
    this.#lanes = this.#db
      .statement<[number], { originId: number; cursor: number }>(READ_LANES)
      .all(pass.lease.targetId);
  }

  static async open({ file, targets }: FrontJournal, shape: Shape): Promise<ClaimTimer> {
    const db = await JournalDatabase.open(file);
    const ledger = new SqliteLedger(db);
    const pass = await ledger.beginPass(
      await ledger.takeLease(targets[shape], 'bench'),
      Date.now(),
    );
    return new ClaimTimer(db, ledger, pass, shape);
  }

  async time(): Promise<ClaimTimes> {
    // Of a pass of its own: what it knows of lanes is read again, and counted.
    const pass = { ...this.#pass };
    const started = performance.now();
    const lanes = await readLanes(this.#db, pass, this.#request);
    this.#db.read(() => select(this.#db, pass, this.#request, lanes));
    const selected = performance.now();
    const claim = await this.#ledger.claim(pass, this.#request);
    const claimed = performance.now();
    if (claim?.events.length !== BATCH)
      throw new Error(`${claim?.events.length ?? 0} events were claimed instead of ${BATCH}`);
    await this.#takeBack();
    return { select: selected - started, claim: claimed - selected };
  }

  close(): void {
    this.#db.close();
  }

  async #takeBack(): Promise<void> {
    const { targetId } = this.#pass.lease;
    await this.#db.write(() => {
      this.#db.statement(DROP_FLIGHT).run(targetId);
      this.#db.statement(DROP_LANES).run(targetId);
      for (const { originId, cursor } of this.#lanes)
        this.#db.statement(PUT_LANE).run(targetId, originId, cursor);
    });
  }
}

const READ_LANES = 'SELECT origin_id AS originId, cursor FROM lane WHERE target_id = ?';
const DROP_FLIGHT = 'DELETE FROM flight WHERE target_id = ?';
const DROP_LANES = 'DELETE FROM lane WHERE target_id = ?';
const PUT_LANE = 'INSERT INTO lane (target_id, origin_id, cursor) VALUES (?, ?, ?)';
