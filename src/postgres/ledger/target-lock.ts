import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { step } from '../../base/steps.js';
import type { HeldTarget, TargetLock } from '../../dispatch/target-lock.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Transaction } from '../transaction.js';
import type { HeldLease, HeldLeases } from './held-leases.js';
import * as sql from './target-lock.sql.js';

/** Milliseconds between two renewals: three in the time of a lease. */
export const RENEW_MS = 2_500;

/** Milliseconds between two looks at a lease that another process holds. */
const LOOK_MS = 250;

/**
 * The lease of a target as its lock. A process that renews nothing for that long,
 * because it was stopped, killed or cut off, has lost it to whoever asks next.
 */
export class PostgresTargetLock implements TargetLock {
  readonly #db: JournalDatabase;
  readonly #held: HeldLeases;
  readonly #targetId: number;
  readonly #renewMs: number;

  constructor(db: JournalDatabase, held: HeldLeases, targetId: number, renewMs = RENEW_MS) {
    this.#db = db;
    this.#held = held;
    this.#targetId = targetId;
    this.#renewMs = renewMs;
  }

  async acquire(wait: boolean, signal: AbortSignal): Promise<HeldTarget | undefined> {
    while (!signal.aborted) {
      const lease = await this.#take();
      if (lease !== undefined) return this.#hold(lease);
      if (!wait) return undefined;
      // Whoever waits for the signal sees it when the loop does.
      await delay(LOOK_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  /** Looks first, without a lock: nobody who waits disturbs the one that works. */
  async #take(): Promise<HeldLease | undefined> {
    const target = { targetId: this.#targetId };
    const free = await this.#db.get<{ expired: boolean }>(sql.FREE_TARGET, target);
    if (free === undefined) return undefined;
    if (free.expired) await this.#db.all(sql.END_HANGING_HOLDER, target);
    step('lease.free');
    const token = randomUUID();
    const taken = await this.#write(sql.TAKE_FREE, token);
    return taken > 0 ? { token } : undefined;
  }

  #hold(lease: HeldLease): HeldTarget {
    this.#held.add(this.#targetId, lease);
    let renewal: Promise<unknown> | undefined;
    const timer = setInterval(() => {
      renewal ??= this.#renew(lease).finally(() => {
        renewal = undefined;
      });
    }, this.#renewMs);
    timer.unref();
    return {
      release: async () => {
        clearInterval(timer);
        await renewal;
        this.#held.remove(this.#targetId, lease);
        await this.#giveBack(lease);
      },
    };
  }

  /** Beside the transactions of this process: one that takes long costs no lease. */
  async #renew({ token }: HeldLease): Promise<void> {
    const lease = { targetId: this.#targetId, token };
    await this.#db.writeLease(sql.RENEW, lease).catch(LEFT_TO_THE_SERVER);
  }

  async #giveBack({ token }: HeldLease): Promise<void> {
    await this.#write(sql.GIVE_BACK, token).catch(LEFT_TO_THE_SERVER);
  }

  #write(statement: string, token: string): Promise<number> {
    const lease = { targetId: this.#targetId, token };
    const rest = (tx: Transaction): Promise<number> => tx.run(statement, lease);
    return this.#db.write({ target: this.#targetId }, { rest, isRepeatable: true });
  }
}

/** A server that cannot be reached ends the lease by its own clock; the pass meets it with its next statement. */
const LEFT_TO_THE_SERVER = (): void => undefined;
