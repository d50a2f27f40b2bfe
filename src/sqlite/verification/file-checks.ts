import { plainMessage } from '../../files/trouble.js';
import type { Spool } from '../../journal/spool.js';
import type { ArchiveDirectory } from '../../retention/archive-directory.js';
import { archiveIdOf, manifestName, readManifest } from '../../retention/archive-manifest.js';
import { checkArchive } from '../../retention/archive-reader.js';
import { type Finding, Findings } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
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

/**
 * How often an archive is looked at that other processes change meanwhile: by a
 * restore chunk by chunk, by a redaction that writes it again.
 */
const MOST_LOOKS = 20;

/** Archives are what their manifests say, and those that are needed are there or were moved away. */
export async function checkArchives(
  db: JournalDatabase,
  directory: ArchiveDirectory,
): Promise<Finding> {
  const findings = new Findings('archives');
  for (const path of directory.manifests()) await checkArchiveAt(db, directory, path, findings);
  const inUse = db.statement(sql.ARCHIVES_IN_USE).all() as { id: string; events: number }[];
  for (const { id, events } of inUse)
    if ((await directory.manifestText(directory.pathOf(manifestName(id)))) === undefined)
      findings.note(
        `${id}, which has the only bytes of ${events} events, is not in ${directory.path}`,
      );
  return findings.finding;
}

/** A problem counts only when neither the archive nor what the journal needs of it changed meanwhile. */
async function checkArchiveAt(
  db: JournalDatabase,
  directory: ArchiveDirectory,
  path: string,
  findings: Findings,
): Promise<void> {
  const id = archiveIdOf(path.slice(directory.path.length + 1)) ?? '';
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const needed = neededOf(db, id);
    const before = await directory.manifestText(path);
    if (before === undefined) return;
    const problem = await problemOf(db, path, id, needed);
    if (problem === undefined) return;
    const after = await directory.manifestText(path);
    if (after?.equals(before) === true && neededOf(db, id) === needed) {
      findings.problem(problem);
      return;
    }
  }
  findings.note(`${path} changed each time it was looked at: run \`redrain verify\` again`);
}

function neededOf(db: JournalDatabase, id: string): number {
  return (db.statement(sql.NEEDED_OF_ARCHIVE).get(id) as { events: number }).events;
}

async function problemOf(
  db: JournalDatabase,
  path: string,
  id: string,
  needed: number,
): Promise<string | undefined> {
  try {
    const held = await countHeld(db, path, id);
    if (held >= needed) return undefined;
    return `${path} lacks ${needed - held} of the ${needed} events that the journal says are only there`;
  } catch (error) {
    return plainMessage(error);
  }
}
