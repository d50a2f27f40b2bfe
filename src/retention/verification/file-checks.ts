import type { Spool } from '../../journal/spool.js';
import type { JournalDatabase } from '../../storage/journal-database.js';
import type { ArchiveDirectory } from '../archive-directory.js';
import { archiveIdOf, readManifest } from '../archive-manifest.js';
import { checkArchive } from '../archive-reader.js';
import { type Finding, Findings } from './finding.js';
import * as sql from './verification.sql.js';

/** Files that wait in the spool can be read to their last record. */
export function checkSpool(spool: Spool): Finding {
  const findings = new Findings('spool');
  for (const { file, problems } of spool.inspect())
    for (const problem of problems) findings.problem(`${file}: ${problem}`);
  for (const file of spool.tornFiles())
    findings.note(`${file} was taken in as far as it could be read, and is kept to be looked at`);
  for (const file of spool.unfinishedFiles())
    findings.note(
      `${file} was being written when its process ended, before anybody was told that its events are safe; it goes by itself`,
    );
  return findings.finding;
}

/** How many of the events that the journal has given to this archive it really holds. */
async function countHeld(db: JournalDatabase, path: string, id: string): Promise<number> {
  const given = db.statement<[string, Buffer, string], unknown>(sql.GIVEN_TO_ARCHIVE);
  let held = 0;
  await checkArchive(path, readManifest(path), ({ event_id, sha256 }) => {
    if (given.get(event_id, Buffer.from(sha256, 'hex'), id) !== undefined) held += 1;
  });
  return held;
}

/** Archives are what their manifests say, and those that are needed are there or were moved away. */
export async function checkArchives(
  db: JournalDatabase,
  directory: ArchiveDirectory,
): Promise<Finding> {
  const findings = new Findings('archives');
  const inUse = db.statement(sql.ARCHIVES_IN_USE).all() as { id: string; events: number }[];
  const missing = new Map(inUse.map(({ id, events }) => [id, events]));
  for (const path of directory.manifests()) {
    const id = archiveIdOf(path.slice(directory.path.length + 1)) ?? '';
    const needed = missing.get(id) ?? 0;
    missing.delete(id);
    try {
      const held = await countHeld(db, path, id);
      if (held < needed)
        findings.problem(
          `${path} lacks ${needed - held} of the ${needed} events that the journal says are only there`,
        );
    } catch (error) {
      findings.problem((error as Error).message);
    }
  }
  for (const [id, events] of missing)
    findings.note(
      `${id}, which has the only bytes of ${events} events, is not in ${directory.path}`,
    );
  return findings.finding;
}
