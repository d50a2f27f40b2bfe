/** How often, or with what, a test repeats itself: a few times in `npm test`, many in `npm run test:long`. */
export function rounds<T>(short: T, long: T): T {
  return process.env.REDRAIN_TEST_LONG === '1' ? long : short;
}

/** Of these cases the named ones in `npm test`: one of each kind. All of them in `npm run test:long`. */
export function someOf<T>(
  cases: Readonly<Record<string, T>>,
  ...inShort: readonly string[]
): [name: string, T][] {
  const unknown = inShort.filter((name) => !Object.hasOwn(cases, name));
  if (unknown.length > 0) throw new Error(`no such cases: ${unknown.join(', ')}`);
  return Object.entries(cases).filter(([name]) => rounds(inShort.includes(name), true));
}
