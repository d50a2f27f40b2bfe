/**
 * For a `before` hook of tests that need a server which is not there: skips them,
 * and says so where it is read. `REDRAIN_ENGINES=required`, which CI sets where
 * every server answers, makes it a failure.
 */
export function withoutEngine(context: Mocha.Context, engine: string, why: string): never {
  const message = `${engine} is not available: ${why}`;
  if (process.env.REDRAIN_ENGINES === 'required') throw new Error(message);
  process.stderr.write(`\nSKIPPED: ${message}\n`);
  return context.skip();
}
