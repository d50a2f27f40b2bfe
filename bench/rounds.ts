/** One run of one side, all preparation included; returns its figure. */
export type Run = () => number | Promise<number>;

/**
 * Lets several sides take turns; returns their figures round by round, in the
 * order of the sides. The first round only warms up: it is not among them.
 */
export async function takeTurns(rounds: number, sides: readonly Run[]): Promise<number[][]> {
  const figures: number[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const figuresOfRound: number[] = [];
    for (const run of sides) figuresOfRound.push(await run());
    if (round > 0) figures.push(figuresOfRound);
  }
  return figures;
}

/** What so much work in so much time comes to, per second. */
export function perSecond(count: number, milliseconds: number): number {
  return (count / milliseconds) * 1_000;
}
