import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import type { EdgeReport, EdgeRow } from '../../src/app/edges.js';
import { resolveHome } from '../../src/config/home.js';
import { homeIdOf } from '../../src/config/home-id.js';
import type { DrainReport, Redrain } from '../../src/index.js';
import { withoutEngine } from '../support/engines.js';
import {
  type PostgresServer,
  postgresPrograms,
  startPostgres,
} from '../support/postgres-server.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';
import { contentsOf, givenEdge } from './given-hub.js';
import { HubProcess } from './hub-process.js';

/** At least four: one is restored, one is cloned, one keeps an event too large for the hub, one replays all. */
const EDGES = rounds(4, 8);
/** Of each edge, the first half of them before and the other after its home is copied. */
const EVENTS = rounds(200, 50_000);
const PER_REQUEST = rounds(25, 500);
/** Bytes of a body that the hub refuses; an edge may keep such an event. */
const TOO_LARGE = 1_000_000;
const KILLS = rounds(1, 8);
/** Events that an edge captures once its home was restored or cloned. */
const LATE = 10;
/** Passes of an edge until it gives up. */
const PASSES = 200;

describe('a fleet on PostgreSQL whose hub is killed, whose server crashes, with edges that were restored and cloned', () => {
  /** A hub that ends with the test is not started again. */
  let running = true;
  afterEach(() => {
    running = false;
  });

  before(function () {
    if (postgresPrograms() === undefined)
      withoutEngine(this, 'PostgreSQL', 'its programs are not on this machine');
  });

  it(`has each of ${EDGES} × ${EVENTS} events once, with equal digests, and names those edges and the gap`, async () => {
    const server = await startPostgres();
    const fleet = await givenFleet(server);
    const { hub, edges } = fleet;
    const [restored, cloned, gap, replaying] = edges as [Edge, Edge, Edge, Edge];

    const killed = revived(hub, server, () => running);
    await fleet.captures(0);
    await Promise.all(edges.map((edge) => fleet.drains(edge)));
    const backup = await copyOf(restored);

    await fleet.captures(EVENTS / 2);
    await gap.redrain.capture({ event_id: 'large', event_type: 'T', text: 'x'.repeat(TOO_LARGE) });
    await gap.redrain.capture({ event_id: 'behind', event_type: 'T' });
    await server.crash();
    const [first] = await Promise.all(edges.map(({ redrain }) => redrain.drain()));
    expect(first, 'nothing is called delivered while the server is away').to.include({
      delivered: 0,
      duplicate: 0,
    });
    await server.start();
    await Promise.all(edges.map((edge) => fleet.drains(edge)));
    const before = contentsOf(restored.home);

    await fleet.restores(restored, backup);
    await lateEvents(fleet, restored, 'restored');
    const clone = await fleet.opens(await copyOf(cloned));
    await lateEvents(fleet, clone, 'clone');
    await lateEvents(fleet, cloned, 'original');
    await replaying.redrain.replay();
    const again = await fleet.drains(replaying);
    expect(again).to.include({ delivered: 0, duplicate: EVENTS });

    const found = await edgesAt(hub);
    expect(found(restored)?.state).to.have.members(['diverged', 'restored']);
    expect(found(restored)).to.include({ missing: 0 });
    expect(found(cloned)?.state).to.have.members(['cloned', 'diverged', 'restored']);
    expect(found(gap)).to.deep.include({ state: ['gaps'], missing: 1, received: EVENTS + 1 });
    for (const edge of edges.slice(3))
      expect(found(edge)).to.deep.include({ state: ['ok'], missing: 0, received: EVENTS });
    const { id } = found(gap) as EdgeRow;
    const shown = (await hub.cli.run(['edges', 'show', String(id), '--json'])).json<EdgeReport>();
    expect(shown.gaps).to.deep.equal([{ first: EVENTS + 1, last: EVENTS + 1 }]);

    const sent = new Map<string, string>();
    for (const contents of [before, ...[...edges, clone].map(({ home }) => contentsOf(home))])
      for (const event of contents as Content[])
        if (event.event_id !== 'large') sent.set(event.event_id, JSON.stringify(event));
    expect(await unlike(sent, server)).to.deep.equal([]);
    expect((await hub.cli.run(['verify'])).stdout).to.match(/^OK: /);
    expect(fleet.duplicates, 'what was in flight at a kill is known').to.be.greaterThan(0);
    expect(await hub.stop()).to.equal(0);
    expect(await killed, 'the hub was killed so often').to.equal(KILLS);
  }).timeout(rounds(120_000, 1_800_000));
});

interface Edge {
  readonly home: string;
  redrain: Redrain;
  readonly at: number;
}

interface Content {
  readonly event_id: string;
}

/** A hub and its edges; retries of the edges come when their clock has passed the pauses. */
async function givenFleet({ url }: PostgresServer) {
  const hub = new HubProcess(['--max-bytes', String(TOO_LARGE)], { REDRAIN_STORAGE_URL: url });
  await hub.start({ step: 'journal.appended', nth: 4 });
  const clock = { ahead: 0 };
  let duplicates = 0;
  const opens = async (home: string, at = 0): Promise<Edge> => {
    const redrain = await givenEdge(hub, { home, clock, maxEvents: PER_REQUEST });
    return { home, redrain, at };
  };
  const edges = await Promise.all(
    Array.from({ length: EDGES }, (_, at) => opens(temporaryHome(), at)),
  );
  return {
    hub,
    edges,
    opens,
    get duplicates() {
      return duplicates;
    },
    /** Each edge half of its events. */
    async captures(from: number): Promise<void> {
      for (const { redrain, at } of edges) await redrain.captureMany(eventsOf(at, from));
    },
    /** Until nothing is left; what the passes brought together. */
    async drains({ redrain }: Edge): Promise<Pick<DrainReport, 'delivered' | 'duplicate'>> {
      const sum = { delivered: 0, duplicate: 0 };
      for (let pass = 0; pass < PASSES; pass += 1) {
        const report = await redrain.drain();
        sum.delivered += report.delivered;
        sum.duplicate += report.duplicate;
        duplicates += report.duplicate;
        if (await isDone(redrain)) return sum;
        clock.ahead += 3_600_000;
        await hub.isReady();
      }
      throw new Error('the edge did not come to an end');
    },
    async restores(edge: Edge, backup: string): Promise<void> {
      await edge.redrain.close();
      for (const ending of ['', '-wal', '-shm'])
        rmSync(join(stateOf(edge.home), `journal.db${ending}`), { force: true });
      cpSync(join(stateOf(backup), 'journal.db'), join(stateOf(edge.home), 'journal.db'));
      edge.redrain = (await opens(edge.home)).redrain;
    },
  };
}

type Fleet = Awaited<ReturnType<typeof givenFleet>>;

function* eventsOf(edge: number, from: number): Generator<Record<string, unknown>> {
  for (let at = from; at < from + EVENTS / 2; at += 1)
    yield { event_id: `${edge}-${String(at).padStart(6, '0')}`, event_type: `T${at % 3}`, at };
}

async function lateEvents(fleet: Fleet, edge: Edge, prefix: string): Promise<void> {
  for (let at = 0; at < LATE; at += 1)
    await edge.redrain.capture({ event_id: `${prefix}-${at}`, event_type: 'Late' });
  expect(await fleet.drains(edge)).to.include({ delivered: LATE });
}

async function isDone(redrain: Redrain): Promise<boolean> {
  const { delivery_ledger: ledger } = await redrain.status();
  const [row] = 'error' in ledger ? [] : ledger.per_target;
  return row !== undefined && row.unsent + row.pending + row.rejected + row.transient === 0;
}

/** The whole home of an edge, as a file system is copied that nobody writes to. */
async function copyOf(edge: Edge): Promise<string> {
  const copy = join(temporaryHome(), 'copy');
  cpSync(edge.home, copy, { recursive: true });
  return copy;
}

/** Starts the hub again whenever it was killed; the server crashes under the second one. Returns how often. */
async function revived(
  hub: HubProcess,
  server: PostgresServer,
  isRunning: () => boolean,
): Promise<number> {
  for (let kills = 1; ; kills += 1) {
    const { signal } = await hub.running.exited;
    if (signal !== 'SIGKILL' || !isRunning()) return kills - 1;
    await hub.start(kills < KILLS ? { step: 'journal.appended', nth: 4 } : undefined);
    if (kills > 1) continue;
    await server.crash();
    await server.start();
  }
}

/** What `redrain edges` says of each. */
async function edgesAt({ cli }: HubProcess): Promise<(edge: Edge) => EdgeRow | undefined> {
  const { edges } = (await cli.run(['edges', '--json'])).json<{ edges: EdgeRow[] }>();
  const idOf = ({ home }: Edge): string => homeIdOf(resolveHome({ home, env: {} }));
  return (edge) => edges.find(({ home }) => home === idOf(edge));
}

/** Ids of events that the hub has otherwise than they were sent, has twice, or does not have; ten of them. */
async function unlike(
  sent: ReadonlyMap<string, string>,
  server: PostgresServer,
): Promise<string[]> {
  const client = new pg.Client(server);
  await client.connect();
  closeAfterTest(() => client.end());
  const left = new Map(sent);
  const wrong: string[] = [];
  for (let from = 0; ; from += PAGE) {
    const { rows } = await client.query<Content>(CONTENTS, [from, from + PAGE]);
    for (const event of rows) {
      if (left.get(event.event_id) !== JSON.stringify(event)) wrong.push(event.event_id);
      left.delete(event.event_id);
    }
    if (rows.length === 0) return [...wrong, ...left.keys()].slice(0, 10);
  }
}

const PAGE = 10_000;

/** What `contentsOf` has of a home, in the same order of columns. */
const CONTENTS = `
  SELECT e.event_id, upper(encode(e.sha256, 'hex')) AS sha256, upper(encode(p.bytes, 'hex')) AS bytes,
    e.event_type, e.event_time, e.occurred_at::float8 AS occurred_at, e.carries_id,
    e.undeliverable, o.project_uuid, o.repo_slug, o.checkout
  FROM redrain.event e JOIN redrain.payload p ON p.seq = e.seq
  JOIN redrain.origin o ON o.id = e.origin_id
  WHERE e.seq > $1 AND e.seq <= $2 ORDER BY e.seq`;
