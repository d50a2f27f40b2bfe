import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { parseToml } from '../../src/config/toml.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { configNaming } from '../spec-kitty/given-authority.js';
import { type GivenHomeOfLogin, givenLogin, ownFile, SYNC_ON } from '../spec-kitty/given-login.js';
import { connectionOf, rows } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { closeAfterTest } from '../support/temporary-home.js';
import {
  http,
  type RawAnswer,
  type RawRequest,
  type RawServer,
  rawServer,
  saying,
} from './raw-server.js';

export const IDS = ['a', 'b', 'c'];
const MIB = 1024 * 1024;

export type Answers = (request: RawRequest) => RawAnswer;

export interface Script {
  readonly tokens?: Answers;
  readonly health?: Answers;
  readonly batch?: Answers;
  /** Minutes until the access token ends: below zero it is renewed before anything else. */
  readonly accessEnds?: number;
  readonly deadlineMs?: number;
}

/** A home with a login at a Teamspace that answers whatever a test wants, and three events. */
export interface GivenTeamspace extends GivenHomeOfLogin {
  readonly server: RawServer;
  /** What the file of the login was at first. */
  readonly before: string;
  /** Paths after `/api/v1/`, in order. */
  readonly asked: () => string[];
  /** It may be over before the request has left: nothing of the machine's speed is asserted. */
  readonly isBrief: boolean;
}

const NOT_OFFERED: Answers = () => http('404 Not Found', '');
const DELIVERED: Answers = ({ eventIds }) => http('200 OK', saying('success', eventIds));

export async function givenTeamspace(script: Script = {}): Promise<GivenTeamspace> {
  const { tokens = NOT_OFFERED, health = NOT_OFFERED, batch = DELIVERED } = script;
  const server = await rawServer((request) => {
    if (request.path.startsWith('/api/v1/token/')) return tokens(request);
    return request.path === '/api/v1/sync/health/' ? health(request) : batch(request);
  });
  const login = { url: server.url, accessEnds: script.accessEnds ?? 10 };
  const given = givenLogin('own', login);
  writeFileSync(
    `${given.home}/config.toml`,
    `${configNaming(server.url)}[sync.projects]\nunassigned = true\n`,
  );
  const app = new App({
    home: given.home,
    env: SYNC_ON,
    now: () => given.clock.now,
    random: () => 0.5,
    requestDeadlineMs: script.deadlineMs ?? 50_000,
  });
  closeAfterTest(() => app.close());
  const inputs = IDS.map((id) => ({
    bytes: Buffer.from(JSON.stringify({ event_id: id, event_type: 'T' })),
    checkout: null,
  }));
  await app.captureGroup(inputs);
  const asked = () => server.requests.map(({ path }) => path.replace('/api/v1/', ''));
  const isBrief = script.deadlineMs !== undefined && script.deadlineMs < 1_000;
  return { ...given, app, server, asked, isBrief, before: ownFile(login) };
}

/** One drain to its end; whatever came of it, the ledger is true and nothing was taken without bound. */
export async function drained(
  given: GivenTeamspace,
  { events = IDS.length } = {},
): Promise<DrainReport> {
  const { app, server } = given;
  const signal = new AbortController().signal;
  const report = await app.drain({ ignoreBackoff: true, waitForLock: true, signal });
  const db = connectionOf(await app.stores());
  assertLedgerInvariant({ db });
  expect(report.delivered + report.unsent + report.transient).to.equal(events);
  for (const { bytesWritten } of server.sockets) expect(bytesWritten).to.be.below(64 * MIB);
  const kept = [report, rows({ db }, 'SELECT * FROM post'), rows({ db }, 'SELECT * FROM target')];
  expectSayable(JSON.stringify(kept));
  expectSayable(report.message ?? '-');
  return report;
}

/** This request and no other: what is secret in it is shown once. */
export function expectAskedOnce({ asked, isBrief }: GivenTeamspace, path: string): void {
  if (isBrief) expect([[], [path]]).to.deep.include(asked());
  else expect(asked(), 'asked once').to.deep.equal([path]);
}

/** A sentence for people: of one line, not too long, and without anything secret. */
export function expectSayable(said: string): void {
  expect(said).to.not.match(/old-refresh|old-access|the-password/);
  if (!said.startsWith('[')) expect(said).to.match(/^\P{Cc}{1,900}$/u);
}

/** The statuses of the events, null for one that was never sent. */
export async function statuses({ app }: GivenTeamspace): Promise<(string | null)[]> {
  const db = connectionOf(await app.stores());
  return rows<{ status: string | null }>(
    { db },
    'SELECT d.status FROM event e LEFT JOIN delivery d USING (seq) ORDER BY e.seq',
  ).map(({ status }) => status);
}

/** The entry of this server as the file has it now; the neighbour's is what it was. */
export function entryKept(given: GivenTeamspace): Record<string, unknown> {
  const text = given.text();
  const end = given.before.indexOf(`[servers."${given.server.url}"]`);
  expect(text.slice(0, end), 'the neighbour').to.equal(given.before.slice(0, end));
  const { servers } = parseToml(text) as { servers: Record<string, Record<string, unknown>> };
  return servers[given.server.url] ?? {};
}
