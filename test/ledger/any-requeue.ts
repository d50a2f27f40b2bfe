import fc from 'fast-check';
import type { Outcome } from '../../src/dispatch/ports.js';
import type { EventFilter } from '../../src/journal/event-filter.js';
import type { RequeueKind, RequeueRequest } from '../../src/ledger/requeue.js';
import type { Stores } from '../../src/stores.js';
import { drainWith } from '../support/drains.js';
import { newEvent } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';

const OUTCOMES: readonly Outcome[] = [
  { kind: 'success' },
  { kind: 'duplicate' },
  { kind: 'rejected', reason: 'too large: 1000001' },
  { kind: 'terminal_failed', reason: 'too large: 2000002' },
  { kind: 'transient', reason: 'later' },
  { kind: 'pending', serverState: 'q' },
];
const TYPES = ['Order', 'Payment', 'Rare'] as const;

/** One event of a journal: when it was captured, and what its target said of it. */
export interface Past {
  readonly at: number;
  readonly type: number;
  readonly outcome: number;
  readonly isArchived: boolean;
}

const anyPast = (latest: number): fc.Arbitrary<Past> =>
  fc.record({
    at: fc.integer({ min: 1, max: latest }),
    type: fc.nat(2),
    outcome: fc.nat(OUTCOMES.length - 1),
    isArchived: fc.boolean(),
  });

/** In order, as clocks that are never set back make it; and in none. */
export const anyJournal = fc.oneof(
  fc
    .array(anyPast(40), { minLength: 8, maxLength: 40 })
    .map((all) => all.sort((a, b) => a.at - b.at)),
  fc.array(anyPast(40), { minLength: 8, maxLength: 40 }),
);

/** So many times of ten, else undefined. */
const often = <T>(times: number, one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: times, arbitrary: one },
    { weight: 10 - times, arbitrary: fc.constant(undefined) },
  );

export const anyFilter: fc.Arbitrary<EventFilter> = fc.record({
  since: often(7, fc.nat(45)),
  until: often(4, fc.nat(45)),
  type: often(3, fc.constantFrom(...TYPES)),
  originIds: often(2, fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })),
  seqs: often(1, fc.array(fc.integer({ min: 1, max: 45 }), { maxLength: 5 })),
});

export const anyCause = often(
  5,
  fc.constantFrom('too large: …', 'later', 'too large: 1000001', 'none'),
);

/** Captures these and drains target 1, which says of each what it is to say. */
export async function happened(
  core: Parameters<typeof drainWith>[0] & Pick<Stores, 'journal'>,
  past: readonly Past[],
): Promise<void> {
  const events = past.map(({ at, type }, i) =>
    newEvent(`e-${i}`, { capturedAt: at, eventType: TYPES[type] as string }),
  );
  await core.journal.append(events, 'capture');
  const receiver = new ScriptedReceiver();
  const verdict = new Map(past.map(({ outcome }, i) => [`e-${i}`, OUTCOMES[outcome] as Outcome]));
  receiver.answer = (batch) => results(batch, ({ eventId }) => verdict.get(eventId) as Outcome);
  await drainWith(core, receiver);
}

export async function archived(
  core: Pick<Stores, 'retention'>,
  past: readonly Past[],
): Promise<void> {
  const seqs = past.flatMap(({ isArchived, type }, i) => (isArchived && type < 2 ? [i + 1] : []));
  const scope = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: true };
  const record = { kind: 'archive', archiveId: 'archive-1' } as const;
  await core.retention.purge(seqs, scope, record, 1);
}

export const requestOf = (kind: RequeueKind, filter: EventFilter): RequeueRequest => ({
  kind,
  targetId: 1,
  filter,
  now: 20_000,
});
