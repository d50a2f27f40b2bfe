import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { HomePaths } from '../../../src/config/home.js';
import { seededRandom } from '../../../src/receivers/stub/misbehaviour.js';
import { type Cli } from '../../support/cli.js';
import { openCore, rows } from '../../support/core.js';
import { assertLedgerInvariant } from '../../support/invariant.js';
import { rounds } from '../../support/rounds.js';
import { WarmCli } from '../../support/warm-cli.js';
import {
  givenHome,
  oldEvent,
  oldEvents,
  oldFilesOf,
  writeQueue,
  writeWalQueue,
} from './old-queues.js';

const KILLS = rounds(5, 30);
const SEED = Number(process.env.REDRAIN_TEST_SEED ?? rounds(4_711, Date.now() % 1_000_000));

function givenQueues(paths: HomePaths): void {
  const file = (n: number): string => `${paths.queuesDir}/queue-000000000000000${n}.db`;
  writeQueue(file(1), { rows: oldEvents(1_500, 'a') });
  writeQueue(file(2), { rows: [...oldEvents(500, 'a'), ...oldEvents(700, 'b')] });
  writeWalQueue(file(3), oldEvents(300, 'c'), oldEvents(300, 'd'));
  writeQueue(file(4), { rows: [oldEvent('a-00007', { other: true }), ...oldEvents(400, 'e')] });
  writeQueue(paths.legacyQueue, { rows: oldEvents(900, 'f') });
}

/** Everything an import leaves behind, but for the times at which it ran. */
async function endState(cli: Cli): Promise<unknown> {
  const core = await openCore(cli.home);
  assertLedgerInvariant(core);
  return [
    'SELECT seq, event_id, revision, hex(sha256) AS sha, captured_at, source FROM event ORDER BY seq',
    'SELECT seq, length(bytes) AS size FROM payload ORDER BY seq',
    'SELECT source_id, row_id, version, seq, conflict_id, enqueued_at, retry_count FROM imported_row',
    'SELECT id, path, events, body_uploads, damage FROM import_source ORDER BY id',
    'SELECT id, event_id, existing_seq, hex(incoming_sha256) AS sha, resolved_at FROM conflict',
  ].map((sql) => rows(core, sql));
}

describe('kill -9 of redrain migrate', function () {
  this.timeout(300_000);

  it(`leaves nothing half done at ${KILLS} moments (REDRAIN_TEST_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    const undisturbed = new WarmCli();
    givenQueues(givenHome(undisturbed.home));
    const startedAt = performance.now();
    const whole = await undisturbed.run(['migrate', '--verbose']);
    expect(whole.code, whole.stderr).to.equal(5);
    const duration = performance.now() - startedAt;

    const cli = new WarmCli();
    const paths = givenHome(cli.home);
    givenQueues(paths);
    const before = oldFilesOf(paths);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const running = cli.start(['migrate']);
      await delay(random() * duration);
      running.kill('SIGKILL');
      await running.exited;
    }
    const last = await cli.run(['migrate', '--verbose']);
    expect(last.code, last.stderr).to.equal(5);

    expect(await endState(cli)).to.deep.equal(await endState(undisturbed));
    expect(oldFilesOf(paths)).to.deep.equal(before);
  });
});
