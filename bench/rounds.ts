/** One run of one side, all preparation included; returns its figure, or its figures. */
export type Run<Figures = number> = () => Figures | Promise<Figures>;

/**
 * Lets several sides take turns; returns their figures round by round, in the
 * order of the sides. The first round only warms up: it is not among them.
 */
export async function takeTurns<Figures = number>(
  rounds: number,
  sides: readonly Run<Figures>[],
): Promise<Figures[][]> {
  const figures: Figures[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const figuresOfRound: Figures[] = [];
    for (const run of sides) figuresOfRound.push(await run());
    if (round > 0) figures.push(figuresOfRound);
  }
  return figures;
}

/** What so much work in so much time comes to, per second. */
export function perSecond(count: number, milliseconds: number): number {
  return (count / milliseconds) * 1_000;
}
