import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { Deadline } from '../../../src/receivers/transport/deadline.js';

const MINUTE = 60_000;

describe('the deadline of a request', () => {
  it('listens once to a caller of many requests, and ends those under way with it', () => {
    const caller = new AbortController();
    const deadlines = Array.from({ length: 50 }, () => new Deadline(MINUTE, caller.signal));
    expect(getEventListeners(caller.signal, 'abort')).to.have.length(1);
    const stopped: number[] = [];
    for (const [at, deadline] of deadlines.entries()) deadline.stopping(() => stopped.push(at));
    for (const deadline of deadlines.slice(0, 48)) deadline.release();
    caller.abort();
    expect(stopped).to.deep.equal([48, 49]);
    expect(deadlines.map(({ endedBy }) => endedBy).slice(46)).to.deep.equal([
      undefined,
      undefined,
      'caller',
      'caller',
    ]);
    for (const deadline of deadlines) deadline.release();
  });

  it('ends at once for a caller that has given up before', () => {
    const deadline = new Deadline(MINUTE, AbortSignal.abort());
    let stopped = 0;
    deadline.stopping(() => {
      stopped += 1;
    });
    expect([deadline.endedBy, stopped]).to.deep.equal(['caller', 1]);
    deadline.release();
  });
});
