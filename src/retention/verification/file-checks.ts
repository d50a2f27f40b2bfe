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

/** Archives are what their manifests say, and those that are needed are there or were moved away. */
export async function checkArchives(
  db: JournalDatabase,
  directory: ArchiveDirectory,
): Promise<Finding> {
  const findings = new Findings('archives');
  const missing = new Map(
    (db.statement(sql.ARCHIVES_IN_USE).all() as { id: string; events: number }[]).map((row) => [
      row.id,
      row.events,
    ]),
  );
  for (const path of directory.manifests()) {
    missing.delete(archiveIdOf(path.slice(directory.path.length + 1)) ?? '');
    try {
      await checkArchive(path, readManifest(path));
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
