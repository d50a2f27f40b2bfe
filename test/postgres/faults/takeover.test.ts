import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { openRedrain } from '../../../src/index.js';
import { Cli, type RunningCli } from '../../support/cli.js';
import { type PostgresServer, postgresServer } from '../../support/postgres-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { closeAfterTest, temporaryHome } from '../../support/temporary-home.js';

/** What is promised on a machine that has time; this one may be busy with other tests. */
const PROMISED_MS = 10_000;
const MOST_MS = 2 * PROMISED_MS;

/** Milliseconds between two looks at the server. */
const LOOK_MS = 20;

/** A target: it holds back its answer to the first request until it is told to give it. */
async function givenTarget() {
  const requests: { readonly at: number; readonly response: ServerResponse }[] = [];
  const answer = (response: ServerResponse) => response.writeHead(200).end('{}');
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      requests.push({ at: performance.now(), response });
      if (requests.length > 1) answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeAfterTest(() => server.closeAllConnections());
  closeAfterTest(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    requests,
    answerFirst: () => requests[0] && answer(requests[0].response),
  };
}

/** Two workers on one journal: the first has posted all there is, and waits for the answer. */
async function givenWorkers(server: PostgresServer, schema: string) {
  const proxy = await TcpProxy.to({ path: server.socket });
  const target = await givenTarget();
  const direct = `${server.url}&schema=${schema}`;
  const client = new pg.Client(server);
  client.on('error', () => undefined);
  await client.connect();
  closeAfterTest(() => client.end());
  await client.query(`SET search_path = ${schema}`);
  const rows = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows;
  const until = async (sql: string): Promise<void> => {
    while ((await rows(sql)).length === 0) await delay(LOOK_MS);
  };
  const starts = (url: string): RunningCli => {
    const cli = new Cli({ REDRAIN_STORAGE_URL: url });
    mkdirSync(cli.home, { recursive: true });
    writeFileSync(
      join(cli.home, 'config.toml'),
      `[redrain]\nmode = "endpoint"\n[redrain.external]\nendpoint = "${target.url}"\n`,
    );
    const running = cli.start(['worker', 'dispatch']);
    closeAfterTest(() => running.kill('SIGKILL'));
    return running;
  };

  const redrain = await openRedrain({
    home: temporaryHome(),
    env: { REDRAIN_STORAGE_URL: direct },
  });
  for (const event_id of ['a', 'b', 'c']) await redrain.capture({ event_id, event_type: 'T' });
  await redrain.close();
  const late = starts(`${server.urlAt(proxy.port)}?schema=${schema}`);
  while (target.requests.length === 0) await delay(LOOK_MS);
  const next = starts(direct);
  await next.until(({ stdout }) => /"msg":"ready"/.test(stdout), 'a line that says ready');
  return {
    proxy,
    late,
    next,
    rows,
    until,
    answerLate: target.answerFirst,
    /** A lease that was renewed a moment ago, which lasts longest. */
    async renewed(): Promise<void> {
      const [lease] = await rows('SELECT lease_until AS until FROM target');
      await until(`SELECT 1 FROM target WHERE lease_until > ${String(lease?.until)}`);
    },
    /** Milliseconds since then until the other worker posted, once it has settled. */
    async takenOver(since: number): Promise<number> {
      await until("SELECT 1 FROM delivery WHERE status = 'success' HAVING count(*) = 3");
      await until('SELECT 1 FROM target WHERE lease_token IS NULL');
      expect(target.requests).to.have.length(2);
      return (target.requests[1]?.at ?? Number.POSITIVE_INFINITY) - since;
    },
    /** All that a late worker could change. */
    stored: () =>
      rows(`SELECT to_jsonb(d) AS row FROM delivery d UNION ALL SELECT to_jsonb(p) FROM post p
        UNION ALL SELECT to_jsonb(l) FROM lane l UNION ALL SELECT to_jsonb(c) FROM ledger_count c
        UNION ALL SELECT to_jsonb(t) FROM target t`),
  };
}

type Workers = Awaited<ReturnType<typeof givenWorkers>>;

/** What it writes when it goes on changes nothing; then both end as they are told. */
async function endsLate(workers: Workers, goesOn: () => void): Promise<void> {
  const { late, next, stored, answerLate } = workers;
  const before = await stored();
  goesOn();
  answerLate();
  await late.until(({ stdout }) => /another process drains/.test(stdout), 'that it has lost it');
  expect(await stored()).to.deep.equal(before);
  for (const worker of [late, next]) worker.kill('SIGTERM');
  for (const worker of [late, next]) expect((await worker.exited).code).to.equal(0);
}

const WAYS: Readonly<Record<string, (workers: Workers) => Promise<number>>> = {
  'is stopped': async (workers) => {
    await workers.renewed();
    const since = performance.now();
    workers.late.kill('SIGSTOP');
    const took = await workers.takenOver(since);
    await endsLate(workers, () => workers.late.kill('SIGCONT'));
    return took;
  },

  'is cut off from the network': async (workers) => {
    await workers.renewed();
    const since = performance.now();
    workers.proxy.cut();
    const took = await workers.takenOver(since);
    await endsLate(workers, () => workers.proxy.heal());
    return took;
  },

  'is killed in a statement': async ({ rows, until, renewed, answerLate, late, takenOver }) => {
    await renewed();
    const waiting = `SELECT 1 FROM pg_locks WHERE relation = 'post'::regclass AND NOT granted`;
    await rows('BEGIN; LOCK TABLE post');
    answerLate();
    await until(waiting);
    const since = performance.now();
    late.kill('SIGKILL');
    while ((await rows(waiting)).length > 0) await delay(LOOK_MS);
    await rows('ROLLBACK');
    return takenOver(since);
  },
};

describe('a worker on PostgreSQL that', () => {
  const server = postgresServer();

  // Side by side, as each waits for a lease to end.
  it(`${Object.keys(WAYS).join(', ')} loses its target to another in time, and changes nothing later`, async () => {
    const took = await Promise.all(
      Object.entries(WAYS).map(async ([way, run], i) => {
        const ms = await run(await givenWorkers(server(), `takeover_${i}`));
        return [way, Math.round(ms)] as const;
      }),
    );
    for (const [way, ms] of took) expect(ms, `${way}: milliseconds`).to.be.at.most(MOST_MS);
  });
});
