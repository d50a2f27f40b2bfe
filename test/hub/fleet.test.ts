import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import type { Redrain } from '../../src/index.js';
import { rounds } from '../support/rounds.js';
import { contentsOf, givenEdge } from './given-hub.js';
import { HubProcess } from './hub-process.js';

const EDGES = rounds(3, 8);
const EVENTS = rounds(300, 50_000);
const KILLS = rounds(2, 8);
/** Requests of an edge hold so many events. */
const PER_REQUEST = rounds(50, 500);
/** Passes of an edge until it gives up. */
const PASSES = 100;

describe('a fleet whose hub is killed between commit and answer', () => {
  it(`has each of ${EDGES} × ${EVENTS} events once, with equal digests and no gap`, async () => {
    const hub = new HubProcess();
    await hub.start(KILLS > 0 ? { step: 'journal.appended', nth: 4 } : undefined);
    const clock = { ahead: 0 };
    const edges = await Promise.all(
      Array.from({ length: EDGES }, async (_, edge) => {
        const redrain = await givenEdge(hub, { clock, maxEvents: PER_REQUEST });
        await redrain.captureMany(eventsOf(edge));
        return redrain;
      }),
    );
    let running = true;
    const reviving = revived(hub, () => running);
    await Promise.all(edges.map((edge) => drained(edge, hub, clock)));
    running = false;
    expect(await hub.stop()).to.equal(0);
    expect(await reviving, 'the hub was killed so often').to.equal(KILLS);
    const sent = edges.flatMap(({ home }) => contentsOf(home) as { event_id: string }[]);
    sent.sort((a, b) => (a.event_id < b.event_id ? -1 : 1));
    expect(contentsOf(hub.home)).to.deep.equal(sent);
    const app = new App({ home: hub.home, env: {} });
    const known = await (await app.stores()).edges.list();
    await app.close();
    expect(
      known.map(({ received, missing, faults }) => ({ received, missing, faults })),
    ).to.deep.equal(
      Array.from({ length: EDGES }, () => ({ received: EVENTS, missing: 0, faults: [] })),
    );
  }).timeout(rounds(60_000, 900_000));
});

function* eventsOf(edge: number): Generator<Record<string, unknown>> {
  for (let at = 0; at < EVENTS; at += 1)
    yield { event_id: `${edge}-${String(at).padStart(6, '0')}`, event_type: `T${at % 3}`, at };
}

/** Starts the hub again whenever it was killed. Returns how often it was. */
async function revived(hub: HubProcess, isRunning: () => boolean): Promise<number> {
  let kills = 0;
  for (;;) {
    const { signal } = await hub.running.exited;
    if (signal !== 'SIGKILL') return kills;
    kills += 1;
    if (!isRunning()) return kills;
    await hub.start(kills < KILLS ? { step: 'journal.appended', nth: 4 } : undefined);
  }
}

/** Until nothing is left: retries come when the clock of the edge has passed their pauses. */
async function drained(edge: Redrain, hub: HubProcess, clock: { ahead: number }): Promise<void> {
  for (let pass = 0; pass < PASSES; pass += 1) {
    const { unsent, pending, rejected, transient } = await edge.drain();
    const { delivery_ledger: ledger } = await edge.status();
    const [row] = 'error' in ledger ? [] : ledger.per_target;
    if (unsent + pending + rejected + transient === 0 && row?.transient === 0) return;
    clock.ahead += 3_600_000;
    await hub.listens();
  }
  throw new Error('the edge did not come to an end');
}
