import { expect } from 'chai';
import type { DrainReport } from '../../../src/dispatch/drain-report.js';
import { openRedrain } from '../../../src/index.js';
import type { StubServer } from '../../../src/receivers/stub/server.js';
import type { SinkStats } from '../../../src/receivers/stub/sink.js';
import { captured, envelopes, sendTo } from '../../processes/given-events.js';
import { deliveriesAt, idsWith, payloadDigests, sha256 } from '../../processes/journal-rows.js';
import { type Cli, startReceiver } from '../../support/cli.js';
import { WarmCli } from '../../support/warm-cli.js';
import { counted, delivered } from '../home-state.js';
import type { Operation, Scene } from '../operation.js';

const COUNT = 7;
const LINES = envelopes(COUNT);

/**
 * Asked over connections of their own: what a process had sent when it was killed is read
 * before them, though it may be still unread when its end is known.
 */
async function arrivedAt({ url }: StubServer): Promise<number> {
  let unique = 0;
  for (let i = 0; i < 2; i += 1) {
    const answer = await fetch(`${url}/stats`, { headers: { connection: 'close' } });
    ({ unique } = (await answer.json()) as SinkStats);
  }
  return unique;
}

/** Each event is there once, byte for byte, and the ledger says the same. */
function assertLedgerEqualsReceiver(cli: Cli, { sink, url }: StubServer): void {
  const ids = sink.eventIds();
  expect(ids, 'ids at the receiver').to.have.length(COUNT);
  const bytes = new Map(ids.map((id) => [id, sha256(sink.bytesOf(id) ?? '')]));
  expect(bytes, 'bytes at the receiver').to.deep.equal(payloadDigests(cli.home));
  expect(idsWith(deliveriesAt(cli.home, url), 'success', 'duplicate')).to.have.members(ids);
}

/** Nothing is called delivered that did not arrive. */
function assertNoLie(cli: Cli, { sink, url }: StubServer): void {
  const claimed = idsWith(deliveriesAt(cli.home, url), 'success', 'duplicate');
  expect(sink.eventIds()).to.include.members(claimed);
  expect(payloadDigests(cli.home).size, 'the journal').to.equal(COUNT);
}

const dispatch: Operation = {
  name: 'dispatch',
  command: 'redrain now',
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url, { maxEvents: 3 });
    await captured(cli, LINES);
    return {
      cli,
      run: (watched) => cli.run(['now', '--json'], watched),
      state: async () =>
        `receiver: ${await arrivedAt(receiver)} of ${COUNT} events, ledger: ${delivered(cli.home)} delivered, batches in flight: ${counted(cli.home, 'SELECT count(*) FROM flight')}`,
      safe: () => assertNoLie(cli, receiver),
      answer: (again) => {
        const { delivered: news, duplicate } = again.json<DrainReport>();
        return `says delivered ${news}, duplicate ${duplicate}`;
      },
      whole: () => assertLedgerEqualsReceiver(cli, receiver),
    };
  },
};

const replay: Operation = {
  name: 'replay',
  command: 'redrain replay --type NAME',
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url);
    await captured(cli, LINES);
    await drained(cli);
    return {
      cli,
      run: (watched) => cli.run(['replay', '--type', 'WPStatusChanged', '--json'], watched),
      state: () =>
        `${counted(cli.home, 'SELECT count(*) FROM todo WHERE replay')} of ${COUNT} deliveries marked`,
      finish: () => drained(cli),
      whole: () => {
        assertLedgerEqualsReceiver(cli, receiver);
        expect(receiver.sink.stats().events, 'asked twice about each, once by the replay').to.equal(
          2 * COUNT,
        );
      },
    };
  },
};

/** A target that began with what came after it gets the earlier events too, once its `from` says so. */
const start: Operation = {
  name: 'start',
  command: 'redrain now',
  steps: /^targets\.start-moved$/,
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    const declare = (from: string) =>
      cli.configure(
        `[sync]\nmode = "EXTERNAL_RECEIVER"\ntarget = "late"\n[sync.targets.late]\nurl = "${receiver.url}"\nfrom = "${from}"\n`,
      );
    declare('now');
    await captured(cli, LINES);
    await drained(cli);
    expect(receiver.sink.stats().unique, 'sent from now on').to.equal(0);
    declare('all');
    return {
      cli,
      run: (watched) => cli.run(['now', '--json'], watched),
      state: async () =>
        `${counted(cli.home, 'SELECT coalesce(sum(events), 0) FROM exclusion')} excluded, receiver: ${await arrivedAt(receiver)} of ${COUNT} events`,
      safe: () => assertNoLie(cli, receiver),
      whole: () => assertLedgerEqualsReceiver(cli, receiver),
    };
  },
};

async function drained(cli: Cli): Promise<void> {
  const redrain = await openRedrain({ home: cli.home, env: cli.env });
  try {
    expect(await redrain.drain()).to.include({ unsent: 0, blocked_reason: null });
  } finally {
    await redrain.close();
  }
}

export const DRAINING: readonly Operation[] = [dispatch, replay, start];
