/** How often a test repeats itself: a few times in `npm test`, many in `npm run test:long`. */
export function rounds(short: number, long: number): number {
  return process.env.REDRAIN_TEST_LONG === '1' ? long : short;
}
