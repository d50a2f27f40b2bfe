import { expect } from 'chai';
import { ExternalReceiver } from '../../../src/receivers/external-receiver.js';
import { http, type RawAnswer, rawServer, saying } from '../../hostile/raw-server.js';
import { closeAfterTest } from '../../support/temporary-home.js';
import { eventsFor, never } from '../events.js';

type Say = (ids: readonly string[], nthOnItsConnection: number, nth: number) => RawAnswer;

/** Two posts, one after the other, to a server that knows how often a connection was used. */
async function twoPosts(say: Say) {
  const served = new WeakMap<object, number>();
  let nth = 0;
  const server = await rawServer(({ eventIds }) => (socket) => {
    const uses = (served.get(socket) ?? 0) + 1;
    served.set(socket, uses);
    nth += 1;
    const answer = say(eventIds, uses, nth);
    if (typeof answer === 'function') answer(socket);
    else socket.write(answer);
  });
  const receiver = new ExternalReceiver({
    endpoint: `${server.url}/in`,
    version: '0.0.0',
    transport: { env: {}, deadlineMs: 5_000 },
  });
  closeAfterTest(() => receiver.close());
  const first = await receiver.deliver(eventsFor(['a']), never());
  const report = await receiver.deliver(eventsFor(['b']), never());
  return { first, report, server, kind: report.outcomes[0]?.kind };
}

const fine = (ids: readonly string[]): RawAnswer => http('200 OK', saying('success', ids));

describe('a kept connection that breaks', () => {
  for (const [how, end] of Object.entries<RawAnswer>({
    'is reset': (socket) => socket.resetAndDestroy(),
    'is closed': (socket) => socket.destroy(),
  }))
    it(`before a byte of the answer, as it ${how}: one more try on a fresh one`, async () => {
      const { first, report, server, kind } = await twoPosts((ids, use) =>
        use > 1 ? end : fine(ids),
      );
      expect(kind).to.equal('success');
      expect(server.requests.map(({ eventIds }) => eventIds)).to.deep.equal([['a'], ['b'], ['b']]);
      expect(server.sockets).to.have.length(2);
      expect(report.bytesSent, 'both are counted').to.equal(2 * first.bytesSent);
      expect(report.error).to.include('sent twice');
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
