import { expect } from 'chai';
import pg from 'pg';
import { openRedrain, type Redrain } from '../../../src/index.js';
import { placeOf } from '../../../src/postgres/place.js';
import type { PostgresServer } from '../../support/postgres-server.js';
import { ScriptedReceiver } from '../../support/scripted-receiver.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import { temporaryHome } from '../../support/temporary-home.js';
import { BATCH, type Held, HeldMachine, TARGET } from './held-machine.js';

/** A request is on the wire while the verdicts of the one before it are written. */
const IN_FLIGHT = 2 * BATCH;

/** Where the rounds take place. */
export interface Site {
  readonly server: PostgresServer;
  /** Between the machine that fails and the server. */
  readonly proxy: TcpProxy;
}

/** What a fault is done to: a machine that is held at a step, and others that are well. */
export interface Scene extends Site {
  readonly machine: HeldMachine;
  /** As if so much time had passed: the lease of whoever holds the target is over. */
  expire(): Promise<void>;
  /** Runs a statement as the owner of the tables. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** Another machine drains, while the one that failed can do nothing; returns what is stored then. */
  takenOver(): Promise<Stored[]>;
  /** What is stored now of the deliveries and posts of that time. */
  stored(before: readonly Stored[]): Promise<Stored[]>;
}

/** A row of deliveries or of the post log. */
export type Stored = Readonly<Record<string, unknown>>;

/** Does its harm, and ends when the machine is gone. */
export type Fault = (scene: Scene) => Promise<void>;

let rounds = 0;

/**
 * One machine meets a fault at a step, in a journal of its own. Whatever it was: what was
 * acknowledged is in the journal and delivered, what was settled at that time is posted no
 * second time, and of the rest no more than what was in flight; every check of `verify` passes.
 */
export async function faultRound(site: Site, fault: Fault, held: Held): Promise<HeldMachine> {
  const { server, proxy } = site;
  rounds += 1;
  const schema = `round_${rounds}`;
  const direct = `${server.url}&schema=${schema}`;
  const receiver = new ScriptedReceiver();
  receiver.limits = { maxEvents: BATCH, maxBytes: 1_000_000 };
  const open = (home: string): Promise<Redrain> =>
    openRedrain({
      home,
      env: { REDRAIN_STORAGE_URL: direct },
      receiver: () => receiver,
      targets: TARGET,
    });
  const rows = (sql: string) => asOwner(direct, sql);
  const expire = async () => {
    await rows('UPDATE target SET lease_until = 1 WHERE lease_token IS NOT NULL');
  };
  const other = await open(temporaryHome());
  await other.capture({ event_id: 'first', event_type: 'T' });

  const machine = new HeldMachine(`${server.urlAt(proxy.port)}?schema=${schema}`, 'm', held);
  expect(await machine.said(), 'the machine comes by that step').to.equal('held');
  const settled = await ids(rows, "JOIN delivery d USING (seq) WHERE d.status = 'success'");
  await fault({
    ...site,
    machine,
    expire,
    rows,
    takenOver: async () => {
      await expire();
      await other.drain({ to: 'there' });
      return rows(STORED);
    },
    stored: async (before) => {
      const known = new Set(before.map(keyOf));
      return (await rows(STORED)).filter((row) => known.has(keyOf(row)));
    },
  });
  await other.close();

  await expire();
  const last = await open(machine.home);
  await last.drain({ to: 'there' });
  const stored = await ids(rows, '');
  expect(stored, 'all that was acknowledged').to.include.members(machine.acknowledged);
  const delivered = await ids(rows, "JOIN delivery d USING (seq) WHERE d.status = 'success'");
  expect(delivered, 'all is delivered').to.deep.equal(stored);
  const [verdicts] = await rows(VERDICTS);
  expect(verdicts?.events, 'each verdict is stored once').to.equal(stored.length);
  const posted = [...machine.posted, ...receiver.posts.flat()];
  expect([...new Set(posted)].sort(), 'all was posted').to.deep.equal(stored.sort());
  const again = [...new Set(posted)].filter((id) => posted.indexOf(id) !== posted.lastIndexOf(id));
  expect(
    again.filter((id) => settled.includes(id)),
    'settled, and posted again',
  ).to.deep.equal([]);
  expect(again.length, `posted again: ${again}`).to.be.at.most(IN_FLIGHT);
  expect((await last.verify()).verdict).to.match(/^OK: /);
  await last.close();
  await rows(`DROP SCHEMA ${schema} CASCADE`);
  return machine;
}

const STORED = `
  SELECT 'delivery' AS of, d.seq AS id, to_jsonb(d) AS row FROM delivery d
  UNION ALL SELECT 'post', p.id, to_jsonb(p) FROM post p ORDER BY of, id`;

const keyOf = ({ of, id }: Stored): string => `${of} ${id}`;

/** Events of which a line of the post log says that they were delivered, in ranges. */
const VERDICTS = `
  SELECT sum((r ->> 1)::int - (r ->> 0)::int + 1)::int AS events
  FROM post p, jsonb_array_elements(p.outcomes::jsonb -> 'success') r`;

async function ids(rows: Scene['rows'], more: string): Promise<string[]> {
  const found = await rows(`SELECT e.event_id AS id FROM event e ${more} ORDER BY e.seq`);
  return found.map(({ id }) => String(id));
}

async function asOwner(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const { connectionString, schema } = placeOf(url);
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(`SET search_path = ${schema}`);
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
