/** One post of the dispatch log, or several of one event each that were logged together. */
export interface PostRow {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly events: number;
  readonly requests: number;
  /** Null where no answer came. */
  readonly httpStatus: number | null;
  readonly bytesSent: number;
  readonly error: string | null;
}

/** What came back: a 2xx, another status, or nothing. */
export type AnswerKind = 'accepted' | 'refused' | 'unanswered';

/** The posts that began in one stretch of time. */
export interface PostBucket extends Readonly<Record<AnswerKind, number>> {
  /** Epoch milliseconds: where the stretch begins. */
  readonly from: number;
  readonly events: number;
  /** Milliseconds to the answer; null where there was no post. */
  readonly median: number | null;
  readonly p95: number | null;
  readonly slowest: number | null;
}

/** Which kind of answer a post got. */
export function answerKind({ httpStatus }: Pick<PostRow, 'httpStatus'>): AnswerKind {
  if (httpStatus === null) return 'unanswered';
  return httpStatus >= 200 && httpStatus <= 299 ? 'accepted' : 'refused';
}

/** Posts by the stretches of time they began in; `edges` ascend, and the last one ends the last stretch. */
export function postSeries(posts: readonly PostRow[], edges: readonly number[]): PostBucket[] {
  const buckets = edges.slice(0, -1).map((from) => ({ from, posts: [] as PostRow[] }));
  const end = edges.at(-1) ?? 0;
  for (const post of posts)
    if (post.startedAt < end)
      buckets.findLast(({ from }) => from <= post.startedAt)?.posts.push(post);
  return buckets.map(({ from, posts: here }) => bucketOf(from, here));
}

function bucketOf(from: number, posts: readonly PostRow[]): PostBucket {
  const requests = (kind: AnswerKind): number =>
    posts.filter((post) => answerKind(post) === kind).reduce((sum, post) => sum + post.requests, 0);
  return {
    from,
    events: posts.reduce((sum, post) => sum + post.events, 0),
    accepted: requests('accepted'),
    refused: requests('refused'),
    unanswered: requests('unanswered'),
    ...latencies(posts),
  };
}

/** How long answers took: of half of the posts at most `median`, of 95 in 100 at most `p95`. */
export function latencies(
  posts: readonly Pick<PostRow, 'durationMs'>[],
): Pick<PostBucket, 'median' | 'p95' | 'slowest'> {
  const sorted = posts.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const at = (part: number): number | null =>
    sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
  return { median: at(0.5), p95: at(0.95), slowest: sorted.at(-1) ?? null };
}
