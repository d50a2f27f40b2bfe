import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { Spool } from '../../src/journal/spool.js';
import { seededRandom } from '../../src/receivers/stub/random.js';
import type { StubServer } from '../../src/receivers/stub/server.js';
import { Cli, startReceiver } from '../support/cli.js';
import { openCore, row } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { temporaryHome } from '../support/temporary-home.js';
import { captured, envelopes, sendTo } from './given-events.js';
import { deliveriesAt, idsWith, payloadDigests, sha256 } from './journal-rows.js';

const STEPS = ['locked', 'pass-begun', 'claimed', 'posting', 'posted', 'settled', 'pass-ended'];
const KILLS = process.env.REDRAIN_TEST_LONG ? 50 : 10;
const PER_POST = 10;
const EVENTS = KILLS * 60;
const SEED = Number(process.env.REDRAIN_TEST_SEED ?? Date.now() % 1_000_000);

/** Where a drain dies: at a named step, or some milliseconds after a post reached the receiver. */
type Death =
  | { readonly step: string; readonly nth: number }
  | { readonly post: number; readonly afterMs: number };

/** Every named step at least once; the other deaths come from outside, in the middle of anything. */
function deaths(random: () => number): Death[] {
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const drawn = Array.from({ length: KILLS }, (_, i): Death => {
    const step = STEPS[i];
    if (step !== undefined) return { step: `dispatch.${step}`, nth: upTo(3) };
    return { post: upTo(6), afterMs: random() * 15 };
  });
  return drawn
    .map((death) => ({ death, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ death }) => death);
}

/**
 * Runs `now` into this death, and once more into the same at its first chance:
 * a pass that met too many dropped connections ends before the third.
 */
async function dieAt(cli: Cli, receiver: StubServer, death: Death): Promise<void> {
  if ('step' in death) {
    for (const nth of [death.nth, 1]) if (await diesAtStep(cli, death.step, nth)) return;
    expect.fail(`a drain never came to ${death.step}`);
  }
  for (const post of [death.post, 1])
    if (await diesFromOutside(cli, receiver.port, { ...death, post })) return;
}

async function diesAtStep(cli: Cli, step: string, nth: number): Promise<boolean> {
  return (await cli.run(['now'], { crash: { step, nth } })).signal === 'SIGKILL';
}

/** The kill comes in the middle of whatever the drain does then. */
async function diesFromOutside(
  cli: Cli,
  port: number,
  { post, afterMs }: Extract<Death, { post: number }>,
): Promise<boolean> {
  let seen = 0;
  const running = cli.start(['now']);
  const onRequest = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    if (request.socket.localPort !== port) return;
    seen += 1;
    if (seen === post) setTimeout(() => running.kill('SIGKILL'), afterMs);
  };
  diagnostics.subscribe('http.server.request.start', onRequest);
  try {
    return (await running.exited).signal === 'SIGKILL';
  } finally {
    diagnostics.unsubscribe('http.server.request.start', onRequest);
  }
}

function assertNoLie(cli: Cli, receiver: StubServer, death: Death): void {
  const arrived = new Set(receiver.sink.eventIds());
  const claimed = idsWith(deliveriesAt(cli.home, receiver.url), 'success', 'duplicate');
  expect(
    claimed.filter((id) => !arrived.has(id)),
    `called delivered but never arrived, after ${JSON.stringify(death)}`,
  ).to.deep.equal([]);
}

describe('kill -9 of a drain', function () {
  this.timeout(process.env.REDRAIN_TEST_LONG ? 300_000 : 60_000);

  it(`loses nothing and lies about nothing at ${KILLS} moments (REDRAIN_TEST_SEED=${SEED})`, async () => {
    const cli = new Cli();
    const db = `${temporaryHome('redrain-sink-')}/sink.db`;
    const misbehave = { reset: 0.25, resetAfterStore: true, seed: SEED };
    const rough = await startReceiver({ db, misbehave });
    sendTo(cli, rough.url, { maxEvents: PER_POST });
    await captured(cli, envelopes(EVENTS));
    const before = payloadDigests(cli.home);

    for (const death of deaths(seededRandom(SEED))) {
      await dieAt(cli, rough, death);
      assertNoLie(cli, rough, death);
    }
    const { port, url } = rough;
    await rough.close();
    const smooth = await startReceiver({ db, port });
    const last = await cli.run(['now', '--json']);

    expect(last.code, last.stderr).to.equal(0);
    expect(last.json<DrainReport>()).to.include({ transient: 0, unsent: 0, interrupted: false });
    assertEverythingOnce(cli, smooth, url, before);
    assertLedgerInvariant(await openCore(cli.home));
  });

  function assertEverythingOnce(
    cli: Cli,
    { sink }: StubServer,
    url: string,
    before: ReadonlyMap<string, string>,
  ): void {
    expect(payloadDigests(cli.home), 'the journal').to.deep.equal(before);
    const received = sink.eventIds().map((id) => [id, sha256(sink.bytesOf(id) ?? '')] as const);
    expect(received, 'ids at the receiver').to.have.length(before.size);
    expect(new Map(received), 'bytes at the receiver').to.deep.equal(before);
    const rows = deliveriesAt(cli.home, url);
    expect(rows, 'the ledger').to.have.length(before.size);
    expect(idsWith(rows, 'success', 'duplicate')).to.have.members([...before.keys()]);
  }
});

describe('kill -9 while a spool file is taken in', () => {
  for (const step of ['journal.spool-appended', 'spool.ingested'])
    it(`takes it in once all the same, when it comes at ${step}`, async () => {
      const cli = new Cli();
      const receiver = await startReceiver();
      sendTo(cli, receiver.url);
      const spool = new Spool(`${cli.home}/redrain/spool`);
      spool.write(newEvents(7, 'spooled'));

      const killed = await cli.run(['now'], { crash: { step, nth: 1 } });
      expect(killed.signal).to.equal('SIGKILL');
      expect(spool.files()).to.have.length(1);

      const next = await cli.run(['now', '--json']);
      expect(next.json<DrainReport>()).to.include({ delivered: 7, duplicate: 0, unsent: 0 });
      expect(spool.files()).to.deep.equal([]);
      expect(receiver.sink.stats()).to.include({ events: 7, unique: 7 });
      const core = await openCore(cli.home);
      expect(row(core, 'SELECT count(*) AS n FROM event')).to.deep.equal({ n: 7 });
      assertLedgerInvariant(core);
    });
});
