import { plainMessage } from '../files/trouble.js';
import type { Spool } from '../journal/spool.js';
import type { ArchiveDirectory } from './archive-directory.js';
import { archiveIdOf, manifestName, readManifest } from './archive-manifest.js';
import { checkArchive } from './archive-reader.js';
import type { ArchiveRecord } from './archive-record.js';
import { type Finding, Findings } from './verification.js';

/** An event of an archive: its id, and the SHA-256 of its bytes in hexadecimal. */
export type ArchivedEvent = Pick<ArchiveRecord, 'event_id' | 'sha256'>;

/** What a journal needs of archives. */
export interface ArchiveNeeds {
  /** How many events have their only bytes in this archive. */
  needed(archiveId: string): Promise<number>;
  /** How many of these events the journal has given to this archive. */
  given(archiveId: string, events: readonly ArchivedEvent[]): Promise<number>;
  /** Archives that hold the only bytes of something, and of how much. */
  inUse(): Promise<readonly { readonly id: string; readonly events: number }[]>;
}

/** Events of an archive that are looked up at once. */
const AT_ONCE = 1_000;

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
async function countHeld(needs: ArchiveNeeds, path: string, id: string): Promise<number> {
  let page: ArchivedEvent[] = [];
  let held = 0;
  await checkArchive(path, readManifest(path), async ({ event_id, sha256 }) => {
    page.push({ event_id, sha256 });
    if (page.length < AT_ONCE) return;
    held += await needs.given(id, page);
    page = [];
  });
  return page.length === 0 ? held : held + (await needs.given(id, page));
}

/**
 * How often an archive is looked at that other processes change meanwhile: by a
 * restore chunk by chunk, by a redaction that writes it again.
 */
const MOST_LOOKS = 20;

/** Archives are what their manifests say, and those that are needed are there or were moved away. */
export async function checkArchives(
  needs: ArchiveNeeds,
  directory: ArchiveDirectory,
): Promise<Finding> {
  const findings = new Findings('archives');
  for (const path of directory.manifests()) await checkArchiveAt(needs, directory, path, findings);
  for (const { id, events } of await needs.inUse())
    if ((await directory.manifestText(directory.pathOf(manifestName(id)))) === undefined)
      findings.note(
        `${id}, which has the only bytes of ${events} events, is not in ${directory.path}`,
      );
  return findings.finding;
}

/** A problem counts only when neither the archive nor what the journal needs of it changed meanwhile. */
async function checkArchiveAt(
  needs: ArchiveNeeds,
  directory: ArchiveDirectory,
  path: string,
  findings: Findings,
): Promise<void> {
  const id = archiveIdOf(path.slice(directory.path.length + 1)) ?? '';
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const needed = await needs.needed(id);
    const before = await directory.manifestText(path);
    if (before === undefined) return;
    const problem = await problemOf(needs, path, id, needed);
    if (problem === undefined) return;
    const after = await directory.manifestText(path);
    if (after?.equals(before) === true && (await needs.needed(id)) === needed) {
      findings.problem(problem);
      return;
    }
  }
  findings.note(`${path} changed each time it was looked at: run \`redrain verify\` again`);
}

async function problemOf(
  needs: ArchiveNeeds,
  path: string,
  id: string,
  needed: number,
): Promise<string | undefined> {
  try {
    const held = await countHeld(needs, path, id);
    if (held >= needed) return undefined;
    return `${path} lacks ${needed - held} of the ${needed} events that the journal says are only there`;
  } catch (error) {
    return plainMessage(error);
  }
}
