import { expect } from 'chai';

/** What a promise rejects with; fails where it does not. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    () => undefined,
    (error: Error) => error,
  );
  return outcome ?? expect.fail('it did not fail');
}
