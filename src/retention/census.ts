/** One row of a count: columns that say of what, and columns that say how many. */
export type CountedRow = Readonly<Record<string, string | number>>;

/**
 * By how much the numbers of `after` differ from those of `before`, for each key that
 * either has; `keys` are the columns that say of what. Keys whose numbers are equal are
 * left out.
 */
export function changesBetween(
  before: readonly CountedRow[],
  after: readonly CountedRow[],
  keys: readonly string[],
): CountedRow[] {
  const changes = new Map<string, Record<string, string | number>>();
  for (const [rows, sign] of [
    [before, -1],
    [after, 1],
  ] as const)
    for (const row of rows) {
      const id = JSON.stringify(keys.map((name) => row[name]));
      const change = changes.get(id) ?? { ...row };
      for (const name of numbersOf(row, keys)) {
        const known = changes.has(id) ? (change[name] as number) : 0;
        change[name] = known + sign * (row[name] as number);
      }
      changes.set(id, change);
    }
  return [...changes.values()].filter((row) =>
    numbersOf(row, keys).some((name) => row[name] !== 0),
  );
}

const numbersOf = (row: CountedRow, keys: readonly string[]): string[] =>
  Object.keys(row).filter((name) => !keys.includes(name));

/** What a census counts of some events, and by which columns. */
export const CENSUS_KEYS = {
  events: ['originId', 'class'],
  deliveries: ['targetId', 'originId', 'class', 'status'],
  /** At each target, those before the first event it gets. */
  excluded: ['targetId', 'originId'],
} as const;

export type Census = Readonly<Record<keyof typeof CENSUS_KEYS, readonly CountedRow[]>>;

/** What each counter must move by, when the first census was before some work and the second behind it. */
export const censusChanges = (before: Census, after: Census): Census => ({
  events: changesBetween(before.events, after.events, CENSUS_KEYS.events),
  deliveries: changesBetween(before.deliveries, after.deliveries, CENSUS_KEYS.deliveries),
  excluded: changesBetween(before.excluded, after.excluded, CENSUS_KEYS.excluded),
});
