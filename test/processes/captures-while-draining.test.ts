import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import { Cli, type CliResult, startReceiver } from '../support/cli.js';
import { openCore } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { stateOf } from '../support/temporary-home.js';
import { captured, envelopes, sendTo } from './given-events.js';
import { deliveriesAt, idsWith, payloadDigests, sha256 } from './journal-rows.js';

const PROCESSES = 20;
const EVENTS_EACH = 30;

/** Drains again and again for as long as the captures take. */
async function drainUntil(cli: Cli, captures: Promise<unknown>): Promise<CliResult[]> {
  const drains: CliResult[] = [];
  let isOver = false;
  void captures.finally(() => {
    isOver = true;
  });
  while (!isOver) drains.push(await cli.run(['now', '--json']));
  return drains;
}

describe('twenty captures at once while a drain runs', () => {
  it('lose nothing, leave nothing in the spool and nobody meets a locked database', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url, { maxEvents: 50 });
    const first = envelopes(100, 'first');
    await captured(cli, first);
    const groups = Array.from({ length: PROCESSES }, (_, i) => envelopes(EVENTS_EACH, `p${i}`));

    const captures = Promise.all(
      groups.map((lines, i) => cli.run(['capture', '--json', cli.file(`p${i}.jsonl`, lines)])),
    );
    const drains = await drainUntil(cli, captures);
    const runs = await captures;
    const last = await cli.run(['now', '--json']);

    for (const run of runs) {
      expect(run.code, run.stderr).to.equal(0);
      const { captured, spooled, lost } = run.json<CaptureReport>();
      expect({ stored: captured + spooled, lost }).to.deep.equal({ stored: EVENTS_EACH, lost: 0 });
    }
    for (const run of [...runs, ...drains, last]) {
      expect(run.stderr).not.to.match(/locked|busy/i);
      expect(run.code, run.stderr).to.equal(0);
    }
    assertNothingLost(cli, receiver.url, [...first, ...groups.flat()]);
    const { events, unique } = receiver.sink.stats();
    expect({ events, unique }).to.deep.equal({ events: 700, unique: 700 });
    assertLedgerInvariant(await openCore(cli.home));
  });

  it('make the journal together, on a home that does not exist yet', async () => {
    const cli = new Cli();
    const groups = Array.from({ length: 4 }, (_, i) => envelopes(EVENTS_EACH, `p${i}`));
    sendTo(cli, 'stub:');
    const runs = await Promise.all([
      ...groups.map((lines, i) => cli.run(['capture', cli.file(`p${i}.jsonl`, lines)])),
      cli.run(['now']),
    ]);
    for (const run of runs) {
      expect(run.code, run.stderr).to.equal(0);
      expect(run.stderr).to.equal('');
    }
    expect((await cli.run(['now'])).code).to.equal(0);
    assertNothingLost(cli, 'stub:', groups.flat());
  });

  function assertNothingLost(cli: Cli, url: string, lines: readonly string[]): void {
    expect(filesIn(join(stateOf(cli.home), 'spool'))).to.deep.equal([]);
    const stored = [...payloadDigests(cli.home).values()].sort();
    expect(stored).to.deep.equal(lines.map((line) => sha256(line)).sort());
    expect(idsWith(deliveriesAt(cli.home, url), 'success')).to.have.length(lines.length);
  }
});

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
