import { expect } from 'chai';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import { judgeEndpoint, judgeHealth } from '../../src/receivers/reachability.js';

const answer = (status: number, body = '', date?: string): HttpAnswer => ({
  status,
  headers: date === undefined ? {} : { date },
  body: Buffer.from(body),
});

/** Healthy is what is listed here and nothing else. */
const HEALTHY = [
  '{"server_instance_id":"i"}',
  '{"git_sha":"abc","more":1}',
  '{"private_teamspace":false}',
  '{"sync_ingress":{"limits":{}}}',
];

const NOT_HEALTHY: readonly (readonly [answer: HttpAnswer, state: string])[] = [
  [answer(200, '{}'), 'unconfirmed'],
  [answer(200, '{"server_instance_id":7}'), 'unconfirmed'],
  [answer(404), 'unconfirmed'],
  [answer(200, '<!doctype html><p>log in'), 'unreachable'],
  [answer(200, '[]'), 'unreachable'],
  [answer(200, ''), 'unreachable'],
  [answer(201, HEALTHY[0]), 'unreachable'],
  [answer(204), 'unreachable'],
  [answer(302), 'unreachable'],
  [answer(429), 'unreachable'],
  [answer(500, HEALTHY[0]), 'unreachable'],
  [answer(502), 'unreachable'],
  [answer(503), 'unreachable'],
  [{ failure: 'connection refused' }, 'unreachable'],
];

describe('the health of a server', () => {
  it('is healthy for a health document and for nothing else', () => {
    for (const body of HEALTHY)
      expect(judgeHealth(answer(200, body), true).state).to.equal('healthy');
    for (const [given, state] of NOT_HEALTHY)
      expect(judgeHealth(given, true).state, JSON.stringify(given)).to.equal(state);
  });

  it('tells a refused token from an address that requires one', () => {
    for (const status of [401, 403]) {
      expect(judgeHealth(answer(status), true).state).to.equal('refused');
      expect(judgeHealth(answer(status), false).state).to.equal('unconfirmed');
    }
  });

  it('tells the time of the server, where it can be read', () => {
    const at = (date?: string) => judgeHealth(answer(502, '', date), false).serverTime;
    expect(at('Sun, 22 Nov 2026 15:00:00 GMT')).to.equal(Date.UTC(2026, 10, 22, 15));
    expect(at('soon')).to.equal(null);
    expect(at()).to.equal(null);
  });
});

describe('an endpoint of an operator', () => {
  it('is there when it answers a GET as one that takes posts may', () => {
    for (const status of [200, 204, 400, 401, 403, 405, 415])
      expect(judgeEndpoint(answer(status)).state, String(status)).to.equal('healthy');
    expect(judgeEndpoint(answer(404)).state).to.equal('unconfirmed');
    for (const status of [301, 408, 429, 500, 502, 503, 504])
      expect(judgeEndpoint(answer(status)).state, String(status)).to.equal('unreachable');
    expect(judgeEndpoint({ failure: 'x' }).state).to.equal('unreachable');
  });
});
