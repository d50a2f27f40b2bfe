/** One run of one side, all preparation included; answers its figure. */
export type Run = () => number | Promise<number>;

/**
 * Lets two sides take turns. The first turn of each only warms up: it is not
 * among the values.
 */
export async function takeTurns(
  rounds: number,
  measured: Run,
  against: Run,
): Promise<[measured: number, against: number][]> {
  const values: [number, number][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const pair: [number, number] = [await measured(), await against()];
    if (round > 0) values.push(pair);
  }
  return values;
}

/** What so much work in so much time comes to, per second. */
export function perSecond(count: number, milliseconds: number): number {
  return (count / milliseconds) * 1_000;
}
