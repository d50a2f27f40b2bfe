import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import { openCore } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { captured, envelopes } from './given-events.js';

const KILLS = rounds(3, 50);
const AT_ONCE = 32;
const EVENTS_EACH = 300;

/** An endpoint that answers some milliseconds later, so that requests overlap; it keeps every id in order. */
async function slowEndpoint() {
  const arrived: string[] = [];
  const arrival = new EventEmitter();
  const server = http.createServer((request, response) => {
    arrived.push(String(request.headers['webhook-id']));
    arrival.emit('one');
    request.resume().on('end', () => setTimeout(() => response.end('ok'), 5));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeAfterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const reaches = async (count: number): Promise<void> => {
    while (arrived.length < count) await once(arrival, 'one');
  };
  return {
    arrived,
    reaches,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
  };
}

describe('kill -9 with webhooks in flight', function () {
  this.timeout(rounds(120_000, 900_000));

  it(`${KILLS} times: after one more now every event is there, and twice only what was in flight`, async () => {
    const cli = new WarmCli();
    const { arrived, reaches, url } = await slowEndpoint();
    cli.configure(`[sync]
mode = "EXTERNAL_RECEIVER"
target = "hook"
[sync.targets.hook]
url = "${url}"
format = "webhook"
concurrency = ${AT_ONCE}
`);
    const random = seededRandom(4711);
    const ids: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const lines = envelopes(EVENTS_EACH, `k${kill}`);
      await captured(cli, lines);
      for (const line of lines) ids.push((JSON.parse(line) as { event_id: string }).event_id);
      const before = arrived.length;
      const running = cli.start(['now']);
      const wanted = before + 1 + Math.floor(random() * (EVENTS_EACH - AT_ONCE));
      await Promise.race([reaches(wanted), running.exited]);
      running.kill('SIGKILL');
      expect((await running.exited).signal).to.equal('SIGKILL');
    }
    const last = await cli.run(['now']);
    expect(last.code, last.stderr).to.equal(0);
    expect([...new Set(arrived)]).to.have.members(ids);
    // What was under way, and answers that the ledger had not written yet.
    expect(arrived.length - ids.length, 'sent twice').to.be.at.most(KILLS * AT_ONCE * 2);
    assertLedgerInvariant(await openCore(cli.home));
  });
});
