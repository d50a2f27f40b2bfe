/** How often, or with what, a test repeats itself: a few times in `npm test`, many in `npm run test:long`. */
export function rounds<T>(short: T, long: T): T {
  return process.env.REDRAIN_TEST_LONG === '1' ? long : short;
}
