/** Which events may go. Nothing in here can name one that is in flight or to be replayed. */
export interface RetentionScope {
  /** Only events captured at or before this moment, epoch milliseconds. */
  readonly capturedBy: number;
  /** Also events that not every target has. Only `archive` can ask for them. */
  readonly includeUndelivered: boolean;
  /** The types that targets get, by id, where they do not get all: a target keeps nothing of the others waiting. */
  readonly typesOf?: TypesByTarget | undefined;
}

export type TypesByTarget = ReadonlyMap<number, readonly string[]>;

const DAY_MS = 86_400_000;

/** Everything older than so many days; everything there is when nothing is said. */
export function scopeOf(
  now: number,
  keepDays: number | undefined,
  includeUndelivered = false,
  typesOf?: TypesByTarget,
): RetentionScope {
  const capturedBy = keepDays === undefined ? Number.MAX_SAFE_INTEGER : now - keepDays * DAY_MS;
  return { capturedBy, includeUndelivered, typesOf };
}
