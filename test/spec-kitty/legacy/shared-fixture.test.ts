import { hash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { resolveHome } from '../../../src/config/home.js';
import { rows } from '../../support/core.js';
import { temporaryHome } from '../../support/temporary-home.js';
import { journalOf, migrated } from './migrated.js';
import { oldFilesOf } from './old-queues.js';

const FIXTURE = resolve('..', 'shared', 'fixtures', 'legacy');

interface Manifest {
  readonly databases: readonly {
    readonly file: string;
    readonly readable: boolean;
    readonly body_upload_queue_count?: number | null;
    readonly events: readonly ManifestEvent[];
  }[];
  readonly set_expectation: {
    readonly unique_event_ids: readonly string[];
    readonly identical_duplicate_ids: readonly string[];
    readonly divergent_ids: readonly string[];
  };
}

interface ManifestEvent {
  readonly id: number;
  readonly event_id: string;
  readonly data_sha256: string;
  readonly timestamp: number;
  readonly retry_count: number;
}

if (existsSync(join(FIXTURE, 'manifest.json')))
  describe('the shared fixture of old queues', () => {
    it('comes in exactly as its manifest says, and stays as it is', async () => {
      const manifest = JSON.parse(readFileSync(join(FIXTURE, 'manifest.json'), 'utf8')) as Manifest;
      const home = join(temporaryHome(), 'home');
      cpSync(join(FIXTURE, 'home'), home, { recursive: true, preserveTimestamps: true });
      makeWritable(home);
      const paths = resolveHome({ home, env: {} });
      const before = oldFilesOf(paths);

      const { core, report } = await migrated(paths);

      const expected = manifest.set_expectation;
      const journal = journalOf(core);
      expect(journal.map(({ event_id }) => event_id)).to.have.members([
        ...expected.unique_event_ids,
      ]);
      expect(
        new Set(rows(core, 'SELECT event_id FROM conflict').map(({ event_id }) => event_id)),
      ).to.deep.equal(new Set(expected.divergent_ids));
      expect(identicalIds(core)).to.have.members([...expected.identical_duplicate_ids]);
      for (const { event_id, bytes } of journal) {
        const known = everyRow(manifest).filter((row) => row.event_id === event_id);
        expect(known.map(({ data_sha256 }) => data_sha256)).to.include(hash('sha256', bytes));
      }
      assertProvenance(core, manifest);
      assertBodies(report, manifest);
      expect(oldFilesOf(paths)).to.deep.equal(before);
    });
  });

const importable = ({ databases }: Manifest) =>
  databases.filter(({ file, readable }) => readable && /(^|\/)queue(-[0-9a-f]+)?\.db$/.test(file));

const everyRow = (manifest: Manifest): ManifestEvent[] =>
  importable(manifest).flatMap(({ events }) => events);

type Core = Awaited<ReturnType<typeof migrated>>['core'];

/** Ids found more than once, each time with the same value. */
function identicalIds(core: Core): unknown[] {
  return rows(
    core,
    `SELECT e.event_id FROM imported_row i JOIN event e USING (seq) GROUP BY i.seq
     HAVING count(*) > 1 AND count(i.conflict_id) = 0`,
  ).map(({ event_id }) => event_id);
}

/** Every row of every file, with its times, retries and bytes. */
function assertProvenance(core: Core, manifest: Manifest): void {
  const found = rows(
    core,
    `SELECT s.path AS file, i.row_id AS id, e.event_id, lower(hex(i.sha256)) AS data_sha256,
       i.enqueued_at AS timestamp, i.retry_count FROM imported_row i
     JOIN import_source s ON s.id = i.source_id JOIN event e USING (seq)`,
  );
  const expected = importable(manifest).flatMap(({ file, events }) =>
    events.map(({ id, event_id, data_sha256, timestamp, retry_count }) => ({
      file,
      id,
      event_id,
      data_sha256,
      timestamp,
      retry_count,
    })),
  );
  expect(found).to.have.deep.members(expected);
}

function assertBodies(
  { sources }: { sources: readonly { path: string; body_upload_queue_count: number | null }[] },
  manifest: Manifest,
): void {
  for (const { file, body_upload_queue_count } of importable(manifest))
    expect(sources.find(({ path }) => path === file)?.body_upload_queue_count, file).to.equal(
      body_upload_queue_count ?? 0,
    );
}

function makeWritable(directory: string): void {
  chmodSync(directory, 0o700);
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) makeWritable(path);
  }
}
