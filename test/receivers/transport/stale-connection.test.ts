import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../../src/config/secret.js';
import type { DeliveryReceiver } from '../../../src/dispatch/ports.js';
import { ExternalReceiver } from '../../../src/receivers/external-receiver.js';
import { TeamspaceReceiver } from '../../../src/spec-kitty/receiver/teamspace-receiver.js';
import { http, type RawAnswer, rawServer, saying } from '../../hostile/raw-server.js';
import { closeAfterTest, temporaryHome } from '../../support/temporary-home.js';
import { eventsFor, never } from '../events.js';
import { selfSigned } from '../self-signed.js';

type Say = (ids: readonly string[], nthOnItsConnection: number, nth: number) => RawAnswer;
type Make = (url: string, caFile: string) => DeliveryReceiver;

const common = (caFile: string) => ({
  version: '0.0.0',
  transport: { env: {}, caFile, deadlineMs: 5_000 },
});
const external: Make = (url, caFile) =>
  new ExternalReceiver({ endpoint: `${url}/in`, ...common(caFile) });
const teamspace: Make = (url, caFile) =>
  new TeamspaceReceiver({
    batchUrl: `${url}/in`,
    healthUrl: `${url}/health`,
    token: async () => new Secret('token'),
    gate: async () => undefined,
    ...common(caFile),
  });

const certificate = selfSigned();

interface Given {
  readonly make?: Make;
  readonly overTls?: boolean;
  readonly mayStillLeave?: () => Promise<boolean>;
}

/** Two posts, one after the other, to a server that knows how often a connection was used. */
async function twoPosts(say: Say, { make = external, overTls, mayStillLeave }: Given = {}) {
  const served = new WeakMap<object, number>();
  let nth = 0;
  const server = await rawServer(
    ({ eventIds }) =>
      (socket) => {
        const uses = (served.get(socket) ?? 0) + 1;
        served.set(socket, uses);
        nth += 1;
        const answer = say(eventIds, uses, nth);
        if (typeof answer === 'function') answer(socket);
        else socket.write(answer);
      },
    overTls === true ? certificate : undefined,
  );
  const caFile = join(temporaryHome(), 'ca.pem');
  writeFileSync(caFile, certificate.cert);
  const receiver = make(server.url, caFile);
  closeAfterTest(() => receiver.close());
  const first = await receiver.deliver(eventsFor(['a']), never(), mayStillLeave);
  const report = await receiver.deliver(eventsFor(['b']), never(), mayStillLeave);
  return { first, report, server, kind: report.outcomes[0]?.kind };
}

const fine = (ids: readonly string[]): RawAnswer => http('200 OK', saying('success', ids));
const reset: RawAnswer = (socket) => socket.resetAndDestroy();

describe('a kept connection that breaks', () => {
  for (const [how, end, overTls] of [
    ['is reset', reset, false],
    ['is closed', (socket) => socket.destroy(), false],
    ['is ended over TLS, with a farewell', (socket) => socket.end(), true],
  ] as readonly [string, RawAnswer, boolean][])
    it(`before a byte of the answer, as it ${how}: one more try on a fresh one`, async () => {
      const { first, report, server, kind } = await twoPosts(
        (ids, use) => (use > 1 ? end : fine(ids)),
        { overTls },
      );
      expect(kind).to.equal('success');
      expect(server.requests.map(({ eventIds }) => eventIds)).to.deep.equal([['a'], ['b'], ['b']]);
      expect(server.sockets).to.have.length(2);
      expect(report.bytesSent, 'both are counted').to.equal(2 * first.bytesSent);
      expect(report.error).to.include('sent twice');
    });

  for (const [name, make] of Object.entries({ external, teamspace }))
    it(`when the batch may not leave any more: not sent again (${name})`, async () => {
      const { report, server, kind } = await twoPosts((ids, use) => (use > 1 ? reset : fine(ids)), {
        make,
        mayStillLeave: async () => false,
      });
      expect(kind).to.equal('transient');
      expect(server.requests.map(({ eventIds }) => eventIds)).to.deep.equal([['a'], ['b']]);
      expect(report.error).to.match(/was reset .*; not sent again, because what may leave/);
      expect(report.error).to.not.include('sent twice');
    });

  it('on the fresh connection too: tried no third time', async () => {
    const { report, server, kind } = await twoPosts((ids, _, nth) =>
      nth > 1 ? (socket) => socket.resetAndDestroy() : fine(ids),
    );
    expect(kind).to.equal('transient');
    expect(server.requests).to.have.length(3);
    expect(report.error).to.match(/was reset before a complete answer \(sent twice/);
  });

  it('after the answer began: the server was at work, and nothing is sent again', async () => {
    const { server, kind } = await twoPosts((ids, use) =>
      use > 1 ? (socket) => socket.write('HTTP/1.1 2', () => socket.destroy()) : fine(ids),
    );
    expect(kind).to.equal('transient');
    expect(server.requests).to.have.length(2);
  });

  it('when it was fresh: nothing is sent again', async () => {
    const { server, kind } = await twoPosts((ids, _, nth) =>
      nth > 1
        ? (socket) => socket.resetAndDestroy()
        : http('200 OK', saying('success', ids), ['Connection: close']),
    );
    expect(kind).to.equal('transient');
    expect(server.requests).to.have.length(2);
  });
});
