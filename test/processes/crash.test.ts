import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { Spool } from '../../src/journal/spool.js';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import type { StubServer } from '../../src/receivers/stub/server.js';
import { type Cli, startReceiver } from '../support/cli.js';
import { openCore, row } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';
import { stateOf, temporaryHome } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { captured, envelopes, sendTo } from './given-events.js';
import { deliveriesAt, idsWith, payloadDigests, sha256 } from './journal-rows.js';

/** Once in every pass, and once for every batch. */
const PASS_STEPS = ['locked', 'pass-begun', 'pass-ended'];
const BATCH_STEPS = ['claimed', 'posting', 'posted', 'settled'];
const KILLS = process.env.REDRAIN_TEST_LONG ? 50 : 10;
const PER_POST = 10;
/** New events before every death, so that there is always something to die over. */
const EVENTS_EACH = 60;
const SEED = Number(process.env.REDRAIN_TEST_SEED ?? rounds(4_711, Date.now() % 1_000_000));

/** Where a drain dies: at a named step, or some milliseconds after a post reached the receiver. */
type Death =
  | { readonly step: string; readonly nth: number }
  | { readonly post: number; readonly afterMs: number };

/** Every named step at least once; the other deaths come from outside, in the middle of anything. */
function deaths(random: () => number): Death[] {
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const named: Death[] = [
    ...PASS_STEPS.map((step) => ({ step: `dispatch.${step}`, nth: 1 })),
    ...BATCH_STEPS.map((step) => ({ step: `dispatch.${step}`, nth: upTo(3) })),
  ];
  const others = Array.from({ length: KILLS - named.length }, () => ({
    post: upTo(6),
    afterMs: random() * 15,
  }));
  const drawn = [...named, ...others].map((death) => ({ death, key: random() }));
  return drawn.sort((a, b) => a.key - b.key).map(({ death }) => death);
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

const idOf = (line: string): string => (JSON.parse(line) as { event_id: string }).event_id;

describe('kill -9 of a drain', function () {
  this.timeout(process.env.REDRAIN_TEST_LONG ? 300_000 : 60_000);

  it(`loses nothing and reports nothing false at ${KILLS} moments (REDRAIN_TEST_SEED=${SEED})`, async () => {
    const cli = new WarmCli();
    const db = `${temporaryHome('redrain-sink-')}/sink.db`;
    const misbehave = { reset: 0.25, resetAfterStore: true, seed: SEED };
    const rough = await startReceiver({ db, misbehave });
    sendTo(cli, rough.url, { maxEvents: PER_POST });
    const given = new Map<string, string>();
    for (const [i, death] of deaths(seededRandom(SEED)).entries()) {
      const lines = envelopes(EVENTS_EACH, `before-${i}`);
      await captured(cli, lines);
      for (const line of lines) given.set(idOf(line), sha256(line));
      await dieAt(cli, rough, death);
      assertNoLie(cli, rough, death);
    }
    const { port, url } = rough;
    await rough.close();
    const smooth = await startReceiver({ db, port });
    const last = await cli.run(['now', '--json']);

    expect(last.code, last.stderr).to.equal(0);
    expect(last.json<DrainReport>()).to.include({ transient: 0, unsent: 0, interrupted: false });
    assertEverythingOnce(cli, smooth, url, given);
    assertLedgerInvariant(await openCore(cli.home));
  });

  function assertEverythingOnce(
    cli: Cli,
    { sink }: StubServer,
    url: string,
    given: ReadonlyMap<string, string>,
  ): void {
    expect(payloadDigests(cli.home), 'the journal').to.deep.equal(given);
    const received = sink.eventIds().map((id) => [id, sha256(sink.bytesOf(id) ?? '')] as const);
    expect(received, 'ids at the receiver').to.have.length(given.size);
    expect(new Map(received), 'bytes at the receiver').to.deep.equal(given);
    const rows = deliveriesAt(cli.home, url);
    expect(rows, 'the ledger').to.have.length(given.size);
    expect(idsWith(rows, 'success', 'duplicate')).to.have.members([...given.keys()]);
  }
});

describe('kill -9 while a spool file is taken in', () => {
  for (const step of ['journal.spool-appended', 'spool.ingested'])
    it(`takes it in once all the same, when it comes at ${step}`, async () => {
      const cli = new WarmCli();
      const receiver = await startReceiver();
      sendTo(cli, receiver.url);
      const spool = new Spool(`${stateOf(cli.home)}/spool`);
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
