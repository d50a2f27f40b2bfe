import { expect } from 'chai';
import { latencies, type PostRow, postSeries } from '../../src/reports/post-series.js';

const post = (startedAt: number, more: Partial<PostRow> = {}): PostRow => ({
  id: 1,
  startedAt,
  durationMs: 10,
  events: 5,
  requests: 1,
  httpStatus: 200,
  bytesSent: 1,
  error: null,
  ...more,
});

describe('posts over time', () => {
  it('are in the stretch in which they began, by their answers', () => {
    const posts = [
      post(99),
      post(100, { requests: 3 }),
      post(150, { httpStatus: 503 }),
      post(199, { httpStatus: null }),
      post(200, { httpStatus: 204, durationMs: 70 }),
      post(300),
    ];
    const empty = { accepted: 0, refused: 0, unanswered: 0 };
    expect(postSeries(posts, [100, 200, 250, 300])).to.deep.equal([
      {
        ...{ from: 100, events: 15, accepted: 3, refused: 1, unanswered: 1 },
        ...{ median: 10, p95: 10, slowest: 10 },
      },
      { ...empty, from: 200, events: 5, accepted: 1, median: 70, p95: 70, slowest: 70 },
      { ...empty, from: 250, events: 0, median: null, p95: null, slowest: null },
    ]);
  });

  it('know how long half of them took, and all but a few', () => {
    const posts = Array.from({ length: 100 }, (_, i) => ({ durationMs: 100 - i }));
    expect(latencies(posts)).to.deep.equal({ median: 50, p95: 95, slowest: 100 });
    expect(latencies([{ durationMs: 7 }])).to.deep.equal({ median: 7, p95: 7, slowest: 7 });
    expect(latencies([])).to.deep.equal({ median: null, p95: null, slowest: null });
  });
});
