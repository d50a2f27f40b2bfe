import { expect } from 'chai';
import { examine } from '../../src/app/doctor.js';
import { SIGNED_IN } from '../processes/given-events.js';
import type { RawAnswer, ScriptedAnswer } from '../receivers/scripted-server.js';
import { eventServer, said } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

const page = (status: number): ScriptedAnswer => ({ status, body: '<html>Bad Gateway</html>' });

type Verdict = 'ok' | 'warning' | 'problem';

/** Healthy is what says so itself; what is not known is no health either. */
const ANSWERS: readonly [what: string, answer: ScriptedAnswer | RawAnswer, verdict: Verdict][] = [
  ['its health document', said(200, { server_instance_id: 'i-1' }), 'ok'],
  ['a gateway that fails', page(502), 'problem'],
  ['an error', said(500, { server_instance_id: 'i-1' }), 'problem'],
  ['nobody at home', { status: 503 }, 'problem'],
  ['a login page', page(200), 'problem'],
  ['a redirect', { status: 302, headers: { location: '/login' } }, 'problem'],
  ['an empty success', { status: 204 }, 'problem'],
  ['a status nobody knows', { status: 299 }, 'problem'],
  ['a dropped connection', (socket) => socket.destroy(), 'problem'],
  ['a refused token', { status: 401 }, 'problem'],
  ['a list', said(200, []), 'problem'],
  ['somebody else’s document', said(200, { status: 'ok' }), 'warning'],
  ['no such endpoint', { status: 404 }, 'warning'],
];

const configFor = (url: string): string => `[sync]\nserver_url = "${url}"\n`;

describe('incident 24: doctor said healthy while the server answered 502', () => {
  it('health is an allow-list: only the health document is healthy', async () => {
    const server = await eventServer();
    const machine = new Machine(SIGNED_IN).configure(configFor(server.url));
    for (const [what, answer, verdict] of ANSWERS) {
      server.otherwise = () => answer;
      const { ok, checks, readiness } = await examine(machine.app({ now: Date.now }));
      const found = checks.find(({ check }) => check === 'reachability');
      expect(found?.status, `${what}: ${found?.message}`).to.equal(verdict);
      expect(ok, what).to.equal(verdict !== 'problem');
      expect(readiness.state === 'ready', what).to.equal(verdict !== 'problem');
    }
  });

  it('the command fails, and says what the server said', async () => {
    const server = await eventServer();
    server.otherwise = () => page(502);
    const cli = new WarmCli(SIGNED_IN);
    cli.configure(configFor(server.url));
    const run = await cli.run(['doctor']);
    expect(run.code).to.equal(2);
    expect(run.stdout)
      .to.match(/PROBLEM +reachability.*502/)
      .and.not.contain('nothing is wrong');
  });
});
