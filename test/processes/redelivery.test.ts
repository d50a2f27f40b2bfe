import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { Cli, inPairs, type ServeProcess, startServe } from '../support/cli.js';
import { captured, envelopes, PROJECT, SIGNED_IN } from './given-events.js';
import {
  deliveriesAt,
  payloadDigests,
  type StoredEvent,
  sha256,
  sinkRows,
} from './journal-rows.js';

const EVENTS = 120;

const server = (cli: Cli, url: string): Promise<void> => done(cli, ['server', url]);

const endpoint = (cli: Cli, url: string): Promise<void> =>
  done(cli, ['mode', 'EXTERNAL_RECEIVER', '--endpoint', url]);

async function done(cli: Cli, args: string[]): Promise<void> {
  const run = await cli.run(args);
  expect(run.code, run.stderr).to.equal(0);
}

/** How an operator turns to another environment, by mode. */
const WAYS: readonly {
  mode: string;
  cli: () => Cli;
  turnTo: (cli: Cli, url: string) => unknown;
}[] = [
  { mode: 'TEAMSPACE', cli: () => new Cli(SIGNED_IN), turnTo: server },
  { mode: 'EXTERNAL_RECEIVER', cli: () => new Cli(), turnTo: endpoint },
];

async function now(cli: Cli): Promise<DrainReport> {
  const run = await cli.run(['now', '--json']);
  expect(run.code, run.stderr).to.equal(0);
  return run.json<DrainReport>();
}

const digests = (rows: readonly StoredEvent[]): Map<string, string> =>
  new Map(rows.map(({ eventId, bytes }) => [eventId, sha256(bytes)]));

for (const { mode, cli: newCli, turnTo } of WAYS)
  describe(`draining to A and then to B in mode ${mode}`, () => {
    async function given(): Promise<{ cli: Cli; a: ServeProcess; b: ServeProcess }> {
      const cli = newCli();
      const [a, b] = (await inPairs([[], []], startServe)) as [ServeProcess, ServeProcess];
      await captured(cli, envelopes(EVENTS));
      if (mode === 'TEAMSPACE')
        expect((await cli.run(['projects', 'allow', PROJECT])).code).to.equal(0);
      return { cli, a, b };
    }

    it('gives B every event that A has, and leaves A and the journal as they were', async () => {
      const { cli, a, b } = await given();
      const captured = payloadDigests(cli.home);
      expect(captured.size).to.equal(EVENTS);

      await turnTo(cli, a.url);
      expect(await now(cli)).to.include({ target_url: a.url, delivered: EVENTS, unsent: 0 });
      const rowsOfA = deliveriesAt(cli.home, a.url);
      const postsOfA = await a.stats();
      expect(postsOfA).to.include({ events: EVENTS, unique: EVENTS });

      await turnTo(cli, b.url);
      expect(await now(cli)).to.include({ target_url: b.url, delivered: EVENTS, unsent: 0 });

      expect(payloadDigests(cli.home)).to.deep.equal(captured);
      expect(deliveriesAt(cli.home, a.url)).to.deep.equal(rowsOfA);
      expect(deliveriesAt(cli.home, b.url)).to.have.length(EVENTS);
      expect(await a.stats()).to.deep.equal(postsOfA);

      await turnTo(cli, a.url);
      expect(await now(cli)).to.include({ selected: 0, posts: 0, blocked_reason: null });
      expect(await a.stats()).to.deep.equal(postsOfA);
      await inPairs([a, b], (serve) => serve.stop());
      for (const { db } of [a, b]) expect(digests(sinkRows(db))).to.deep.equal(captured);
    });
  });
