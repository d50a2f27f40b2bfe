import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { App } from '../../../src/app/app.js';
import { runArchive } from '../../../src/app/archive.js';
import { enqueueJob } from '../../../src/app/jobs/enqueue.js';
import { openRedrain } from '../../../src/index.js';
import { encodeSpool } from '../../../src/journal/spool-format.js';
import { ArchiveDirectory } from '../../../src/retention/archive-directory.js';
import { readManifest } from '../../../src/retention/archive-manifest.js';
import { captured, envelopes, sendTo } from '../../processes/given-events.js';
import { readJournal, sha256 } from '../../processes/journal-rows.js';
import { type Cli } from '../../support/cli.js';
import { newEvent } from '../../support/events.js';
import { stateOf } from '../../support/temporary-home.js';
import { WarmCli } from '../../support/warm-cli.js';
import { archivedDigests, counted, journalled } from '../home-state.js';
import type { Operation, Scene, Watched } from '../operation.js';

const DELIVERED = envelopes(9);
const UNSENT = envelopes(2, 'unsent');
const MARKER = 'a secret that must go';
const SECRET = `{"event_id":"secret","event_type":"WPStatusChanged","text":"${MARKER}"}`;
const NO_CONTROL = { signal: new AbortController().signal, progress: () => undefined };

/** Delivered to the one target there is, and two events that it lacks. */
async function givenKept(more: readonly string[] = []): Promise<Cli> {
  const cli = new WarmCli();
  sendTo(cli, 'stub:');
  await captured(cli, [...DELIVERED, ...more]);
  const redrain = await openRedrain({ home: cli.home, env: cli.env });
  expect(await redrain.drain()).to.include({ unsent: 0, blocked_reason: null });
  await redrain.close();
  await captured(cli, UNSENT);
  return cli;
}

async function archived(cli: Cli): Promise<string> {
  const app = new App({ home: cli.home, env: cli.env });
  const report = await runArchive(app, { includeUndelivered: false }, NO_CONTROL);
  await app.close();
  return report.archives[0]?.id ?? expect.fail('nothing was archived');
}

/** Each event's bytes, wherever they are: in the journal first, else in a whole archive. */
async function digestsAnywhere(cli: Cli): Promise<Map<string, string>> {
  return new Map([...(await archivedDigests(cli.home)), ...journalDigests(cli)]);
}

function journalDigests(cli: Cli): Map<string, string> {
  const rows = readJournal(cli.home, (db) =>
    db
      .prepare<[], { id: string; bytes: Buffer }>(
        'SELECT event_id AS id, bytes FROM event JOIN payload USING (seq) ORDER BY seq',
      )
      .all(),
  );
  return new Map(rows.map(({ id, bytes }) => [id, sha256(bytes)]));
}

const digestsOf = (lines: readonly string[]): Map<string, string> =>
  new Map(lines.map((line) => [(JSON.parse(line) as { event_id: string }).event_id, sha256(line)]));

const runs =
  (cli: Cli, ...args: string[]) =>
  (watched?: Watched) =>
    cli.run([...args, '--yes', '--json'], watched);

async function keptWhere(cli: Cli): Promise<string> {
  const inArchives = (await archivedDigests(cli.home)).size;
  const relying = counted(cli.home, "SELECT count(*) FROM purge WHERE kind = 'archive'");
  return `bytes of ${journalled(cli.home)} events in the journal, of ${inArchives} in a whole archive; ${relying} only there`;
}

const archive: Operation = {
  name: 'archive',
  command: 'redrain archive --yes',
  async prepare(): Promise<Scene> {
    const cli = await givenKept();
    const everything = digestsOf([...DELIVERED, ...UNSENT]);
    return {
      cli,
      run: runs(cli, 'archive'),
      state: () => keptWhere(cli),
      safe: async () => {
        expect(await digestsAnywhere(cli)).to.deep.equal(everything);
      },
      whole: async () => {
        expect(await archivedDigests(cli.home)).to.deep.equal(digestsOf(DELIVERED));
        expect(journalDigests(cli)).to.deep.equal(digestsOf(UNSENT));
      },
    };
  },
};

const restore: Operation = {
  name: 'restore',
  command: 'redrain restore ARCHIVE --yes',
  async prepare(): Promise<Scene> {
    const cli = await givenKept();
    const id = await archived(cli);
    const everything = digestsOf([...DELIVERED, ...UNSENT]);
    return {
      cli,
      run: runs(cli, 'restore', id),
      state: () => keptWhere(cli),
      safe: async () => {
        expect(await digestsAnywhere(cli)).to.deep.equal(everything);
      },
      whole: () => {
        expect(journalDigests(cli)).to.deep.equal(everything);
        const [path = ''] = new ArchiveDirectory(join(stateOf(cli.home), 'archive')).manifests();
        expect(readManifest(path).restored_at).to.be.a('string');
      },
    };
  },
};

const gc: Operation = {
  name: 'gc',
  command: 'redrain gc --vacuum --yes',
  async prepare(): Promise<Scene> {
    const cli = await givenKept();
    return {
      cli,
      run: runs(cli, 'gc', '--vacuum'),
      state: () =>
        `bytes of ${journalled(cli.home)} events in the journal, ${counted(cli.home, "SELECT count(*) FROM purge WHERE kind = 'gc'")} on record as purged`,
      safe: () => {
        expect(digestsOf(UNSENT)).to.deep.equal(
          new Map([...journalDigests(cli)].filter(([id]) => id.startsWith('unsent'))),
        );
        expect(counted(cli.home, GONE_WITHOUT_DELIVERY)).to.equal(0);
      },
      whole: () => {
        expect(journalDigests(cli)).to.deep.equal(digestsOf(UNSENT));
      },
    };
  },
};

const GONE_WITHOUT_DELIVERY = `SELECT count(*) FROM event e LEFT JOIN payload p USING (seq)
  LEFT JOIN delivery d ON d.seq = e.seq WHERE p.seq IS NULL AND d.status IS NOT 'success'`;

const redact: Operation = {
  name: 'redact',
  command: 'redrain redact EVENT --reason TEXT --yes',
  async prepare(): Promise<Scene> {
    const cli = await givenKept([SECRET]);
    await archived(cli);
    await givenCopies(cli);
    const others = digestsOf([...DELIVERED, ...UNSENT]);
    return {
      cli,
      run: runs(cli, 'redact', 'secret', '--reason', 'held a password'),
      state: () => {
        const reasons = counted(cli.home, 'SELECT count(*) FROM redaction');
        return `redactions on record: ${reasons}, files with the bytes: ${filesWithSecret(cli).length}`;
      },
      safe: async () => {
        const found = await digestsAnywhere(cli);
        found.delete('secret');
        expect(found).to.deep.equal(others);
      },
      whole: () => {
        expect(filesWithSecret(cli)).to.deep.equal([]);
      },
    };
  },
};

/** A job that waits with it, and a spool file of which the end is missing. */
async function givenCopies(cli: Cli): Promise<void> {
  const app = new App({ home: cli.home, env: cli.env });
  await enqueueJob(app, 'capture', { events: [SECRET] });
  await app.close();
  const file = encodeSpool([newEvent('secret', { bytes: Buffer.from(SECRET) }), newEvent('other')]);
  mkdirSync(app.paths.spoolDir, { recursive: true });
  writeFileSync(join(app.paths.spoolDir, 'A.spool.torn'), file.subarray(0, file.length - 2));
}

/** As a payload, as a job quotes it, and as an archive spells it. */
const SPELLINGS = [MARKER, Buffer.from(SECRET).toString('base64').slice(0, -4)];

/** Files of the home that have it, unpacked or not. */
function filesWithSecret(cli: Cli): string[] {
  const entries = readdirSync(cli.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => SPELLINGS.some((spelling) => unpacked(file).includes(spelling)));
}

const GZIP = Buffer.from([0x1f, 0x8b]);

function unpacked(file: string): Buffer {
  const bytes = readFileSync(file);
  return bytes.subarray(0, 2).equals(GZIP) ? gunzipSync(bytes) : bytes;
}

export const RETAINING: readonly Operation[] = [archive, restore, gc, redact];
