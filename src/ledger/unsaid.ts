import type { Outcome, SettleRequest } from '../dispatch/ports.js';

/** Stands where a server's words would be. */
export const UNSAID =
  'not recorded: an event of this post was redacted meanwhile, which the answer may repeat';

/**
 * The verdicts of a post without the words of the server. One of its events was
 * redacted while the post was on its way, and its bytes are gone, so nobody can
 * tell any more whether the answer repeats them.
 */
export function withoutWords(request: SettleRequest): SettleRequest {
  const { settlements, post } = request;
  return {
    ...request,
    settlements: settlements.map((one) => ({ ...one, outcome: unsaid(one.outcome) })),
    ...(post === undefined
      ? {}
      : { post: { ...post, report: { ...post.report, ...unsaidError(post.report.error) } } }),
  };
}

function unsaid(outcome: Outcome): Outcome {
  const { response: _words, ...rest } = outcome;
  return 'reason' in rest ? { ...rest, reason: UNSAID } : rest;
}

const unsaidError = (error: string | undefined) => (error === undefined ? {} : { error: UNSAID });
