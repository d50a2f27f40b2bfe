import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import { ArchiveDirectory } from '../../src/retention/archive-directory.js';
import { manifestName, readManifest } from '../../src/retention/archive-manifest.js';
import { checkArchive, readRecords } from '../../src/retention/archive-reader.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { payloadDigests, readJournal, sha256 } from '../processes/journal-rows.js';
import { type Cli } from '../support/cli.js';
import { openCore } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const KILLS = rounds(5, 30);
const SEED = Number(process.env.REDRAIN_TEST_SEED ?? rounds(4_711, Date.now() % 1_000_000));
const DELIVERED = 1_200;

interface GoneRow {
  readonly seq: number;
  readonly eventId: string;
  readonly kind: string;
  readonly detail: string | null;
  readonly status: string | null;
}

const GONE = `
  SELECT e.seq, e.event_id AS eventId, g.kind, g.detail, d.status FROM event e
  LEFT JOIN payload p USING (seq) LEFT JOIN purge g USING (seq)
  LEFT JOIN delivery d ON d.seq = e.seq WHERE p.seq IS NULL`;

describe('kill -9', function () {
  this.timeout(rounds(120_000, 600_000));
  let template: Cli;
  let before: Map<string, string>;

  /** Delivered events, and some that nobody has: these must never go. */
  async function givenTemplate(): Promise<void> {
    template = new WarmCli();
    sendTo(template, 'stub:');
    await captured(template, envelopes(DELIVERED));
    expect((await template.run(['now'])).code).to.equal(0);
    await captured(template, envelopes(7, 'unsent'));
    before = payloadDigests(template.home);
  }

  function copy(): Cli {
    const cli = new WarmCli();
    cpSync(template.home, cli.home, { recursive: true });
    return cli;
  }

  /** At a named step, or some milliseconds after the start: in the middle of anything. */
  async function killed(cli: Cli, args: string[], steps: string[], random: () => number) {
    const at = Math.floor(random() * (steps.length + 2));
    const step = steps[at];
    if (step !== undefined) {
      const run = await cli.run(args, { crash: { step, nth: 1 + Math.floor(random() * 2) } });
      return run.signal === 'SIGKILL' || run.code === 0;
    }
    const running = cli.start(args);
    const timer = setTimeout(() => running.kill('SIGKILL'), 50 + random() * 400);
    await running.exited;
    clearTimeout(timer);
    return true;
  }

  async function digestsInArchives(cli: Cli): Promise<Map<string, string>> {
    const directory = new ArchiveDirectory(join(stateOf(cli.home), 'archive'));
    const found = new Map<string, string>();
    for (const path of directory.manifests()) {
      const manifest = readManifest(path);
      await checkArchive(path, manifest);
      for await (const { event_id, bytes } of readRecords(path, manifest))
        found.set(`${manifest.id} ${event_id}`, sha256(bytes ?? ''));
    }
    return found;
  }

  function gone(cli: Cli): GoneRow[] {
    return readJournal(cli.home, (db) => db.prepare<[], GoneRow>(GONE).all());
  }

  it(`of archive loses nothing at ${KILLS} moments (REDRAIN_TEST_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    await givenTemplate();
    const steps = [
      'archive.data-written',
      'archive.data-in-place',
      'archive.manifest-written',
      'archive.read-back',
      'retention.archive-purged',
    ];
    for (let i = 0; i < KILLS; i += 1) {
      const cli = copy();
      expect(await killed(cli, ['archive', '--yes'], steps, random)).to.equal(true);
      const safe = await digestsInArchives(cli);
      for (const { eventId, kind, detail } of gone(cli)) {
        expect(kind).to.equal('archive');
        expect(safe.get(`${detail} ${eventId}`), eventId).to.equal(before.get(eventId));
      }
      expect((await cli.run(['archive', '--yes'])).code).to.equal(0);
      expect(gone(cli)).to.have.length(DELIVERED);
      expect((await cli.run(['verify'])).stdout).to.match(/^OK: /);

      const archives = new Set(gone(cli).map(({ detail }) => detail ?? ''));
      for (const id of archives)
        expect(readdirSync(join(stateOf(cli.home), 'archive'))).to.include(manifestName(id));
      expect((await cli.run(['restore', ...archives, '--yes'])).code).to.equal(0);
      expect(payloadDigests(cli.home)).to.deep.equal(before);
      assertLedgerInvariant(await openCore(cli.home));
    }
  });

  it(`of gc takes only what was delivered at ${KILLS} moments (REDRAIN_TEST_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED + 1);
    await givenTemplate();
    for (let i = 0; i < KILLS; i += 1) {
      const cli = copy();
      expect(await killed(cli, ['gc', '--yes'], ['retention.gc-purged'], random)).to.equal(true);
      for (const row of gone(cli)) expect(row).to.include({ kind: 'gc', status: 'success' });
      assertLedgerInvariant(await openCore(cli.home));
      expect((await cli.run(['gc', '--yes', '--vacuum'])).code).to.equal(0);
      expect(gone(cli)).to.have.length(DELIVERED);
      expect((await cli.run(['verify'])).stdout).to.match(/^OK: /);
    }
  });
});
