import type { NewEvent } from '../../journal/new-event.js';
import type { Transaction } from '../transaction.js';
import * as sql from './journal.sql.js';

interface OriginFields {
  readonly projectUuid: string;
  readonly repoSlug: string;
  readonly checkout: string;
  readonly eventType: string;
}

/** Ids of origins, found or made in one transaction. `known` are those of committed ones. */
export class OriginIds {
  /** What this transaction found or made: known to others only once it is committed. */
  readonly found = new Map<string, number>();
  readonly #known: ReadonlyMap<string, number>;

  constructor(known: ReadonlyMap<string, number>) {
    this.#known = known;
  }

  /** Of an event for which `resolve` was called. */
  of(event: NewEvent): number {
    const key = keyOf(fieldsOf(event));
    const id = this.#known.get(key) ?? this.found.get(key);
    if (id === undefined) throw new Error(`the origin of ${event.eventId} was not looked up`);
    return id;
  }

  /** Looks up the origins of these events and makes those that are new. */
  async resolve(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
    const found = await this.#with(tx, sql.FIND_ORIGINS, this.#missing(events));
    if (found) await this.#with(tx, sql.INSERT_ORIGINS, this.#missing(events));
  }

  #missing(events: readonly NewEvent[]): OriginFields[] {
    const missing = new Map<string, OriginFields>();
    for (const event of events) {
      const fields = fieldsOf(event);
      const key = keyOf(fields);
      if (!this.#known.has(key) && !this.found.has(key)) missing.set(key, fields);
    }
    return [...missing.values()];
  }

  /** False where there was nothing to ask for. */
  async #with(
    tx: Transaction,
    statement: string,
    wanted: readonly OriginFields[],
  ): Promise<boolean> {
    if (wanted.length === 0) return false;
    const rows = await tx.all<OriginFields & { id: number }>(statement, {
      projectUuids: wanted.map(({ projectUuid }) => projectUuid),
      repoSlugs: wanted.map(({ repoSlug }) => repoSlug),
      checkouts: wanted.map(({ checkout }) => checkout),
      eventTypes: wanted.map(({ eventType }) => eventType),
    });
    for (const row of rows) this.found.set(keyOf(row), row.id);
    return true;
  }
}

function fieldsOf({ origin, eventType }: NewEvent): OriginFields {
  const { projectUuid, repoSlug, checkout } = origin;
  return {
    projectUuid: projectUuid ?? '',
    repoSlug: repoSlug ?? '',
    checkout: checkout ?? '',
    eventType,
  };
}

const keyOf = ({ projectUuid, repoSlug, checkout, eventType }: OriginFields): string =>
  [projectUuid, repoSlug, checkout, eventType].join('\0');
