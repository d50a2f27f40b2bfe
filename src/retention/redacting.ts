import { existsSync } from 'node:fs';
import { whyNot } from '../files/trouble.js';
import { manifestName } from './archive-manifest.js';
import {
  type ArchiveScene,
  archivedBytes,
  archivesWith,
  type FoundArchives,
  redactInArchive,
} from './archive-redaction.js';
import { spansTo } from './collecting.js';
import type { ErasedEvent, ErasurePlace, PlaceFindings } from './erased-event.js';
import { yieldToOthers } from './job-control.js';
import type { JournalSpace } from './journal-space.js';
import type { RedactionStore, SeenBy, Traces } from './redaction-store.js';

/** What a redaction erased, or would, and what it cannot reach. */
export interface RedactionReport {
  readonly event_id: string;
  /** Journal rows whose bytes go, and those whose bytes had gone before. */
  readonly revisions: number;
  readonly bytes: number;
  /** Copies in conflict records and in the audit log. */
  readonly conflict_copies: number;
  readonly audit_copies: number;
  /** Recorded answers and errors of servers that were erased with it. */
  readonly answers: number;
  /** Archives written again without it. */
  readonly archives: readonly string[];
  /** Copies in other places of the home: jobs, stub sinks, spool. */
  readonly elsewhere: readonly { readonly place: string; readonly copies: number }[];
  /** The reason of an earlier redaction, which stays the one on record. */
  readonly earlier_reason: string | null;
  /** Where the event may be known: redrain cannot take it back from there. */
  readonly seen_by: readonly SeenBy[];
  /** What still holds its bytes, or may, one line each. */
  readonly remains: readonly string[];
}

/** Of an event that is in none of the places. */
export function nothingErased(eventId: string): RedactionReport {
  return {
    event_id: eventId,
    revisions: 0,
    bytes: 0,
    conflict_copies: 0,
    audit_copies: 0,
    answers: 0,
    archives: [],
    elsewhere: [],
    earlier_reason: null,
    seen_by: [],
    remains: [],
  };
}

/** Where bytes of events are. */
export interface RedactionScene extends ArchiveScene {
  readonly space: JournalSpace;
  /** Places beside journal and archives. */
  readonly places?: readonly ErasurePlace[];
  /** May name a directory for temporary files while the journal is rewritten. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Reads what a redaction would do. */
export async function previewRedaction(
  scene: RedactionScene,
  eventId: string,
): Promise<RedactionReport> {
  const { redaction, directory, places = [] } = scene;
  const found = await archivesWith(scene, eventId);
  const archived = await archivedBytes(directory, found, eventId);
  const traces = await redaction.traces(eventId, archived);
  const looked = await inTurn(places, (place) => place.look(traces.event));
  const remains = await remainsOf(scene, traces, found, looked);
  return report(eventId, { ...traces, answers: 0 }, found, looked, remains);
}

/**
 * Erases the bytes of an event id from journal, conflict records, audit log,
 * recorded answers, archives and every other place, and writes the journal
 * again, so that no free space of it holds them. Other places come first:
 * texts that repeat the event can be told only while its bytes are
 * known. A kill anywhere is followed by a second run that ends the work.
 */
export async function redactEvent(
  scene: RedactionScene,
  eventId: string,
  { reason, now }: { reason: string; now: number },
): Promise<RedactionReport> {
  const { redaction, retention, directory, places = [] } = scene;
  const before = await archivesWith(scene, eventId);
  const archived = await archivedBytes(directory, before, eventId);
  const { event } = await redaction.traces(eventId, archived);
  const erased = await inTurn(places, (place) => place.erase(event));
  const traces = await redaction.redact(eventId, { reason, now, archived });
  const rewritten: FoundArchives = { ...before, holding: [], unreadable: [...before.unreadable] };
  for (const manifest of before.holding) {
    const path = directory.pathOf(manifestName(manifest.id));
    try {
      if (await redactInArchive(directory, manifest, eventId, path))
        rewritten.holding.push(manifest);
    } catch (error) {
      rewritten.unreadable.push(`${path} (${whyNot(error)})`);
    }
  }
  // Also what an earlier run was killed before removing.
  await directory.removeLeftovers((id) => retention.needsArchive(id));
  const remains = await remainsOf(scene, traces, rewritten, erased);
  return report(eventId, traces, rewritten, erased, [...(await writtenAnew(scene)), ...remains]);
}

/** What deleted bytes may still be in: nothing, once the journal was rewritten. */
async function writtenAnew({ space, env }: RedactionScene): Promise<readonly string[]> {
  try {
    return (await space.compact(env)).remains;
  } catch (error) {
    return [
      `free pages of the journal: ${whyNot(error)}; \`redrain gc --vacuum --yes\` rewrites it`,
    ];
  }
}

type Looked = readonly (PlaceFindings & { readonly place: string })[];

async function inTurn(
  places: readonly ErasurePlace[],
  act: (place: ErasurePlace) => Promise<PlaceFindings>,
): Promise<Looked> {
  const done: (PlaceFindings & { place: string })[] = [];
  for (const place of places) done.push({ place: place.name, ...(await act(place)) });
  return done;
}

async function remainsOf(
  { redaction, retention }: RedactionScene,
  traces: Traces,
  archives: FoundArchives,
  looked: Looked,
): Promise<string[]> {
  const flying = traces.seenBy.filter(({ in_flight }) => in_flight === 1);
  return [
    ...flying.map(
      ({ target_name }) =>
        `${target_name} is being given it now, and what it answers is recorded: run the command again when that has ended`,
    ),
    ...(await sameBytes(redaction, await retention.head(), traces.event)).map(
      (id) => `event ${id} in the journal has the same bytes and is another event: redact it too`,
    ),
    ...looked.flatMap(({ remains }) => remains),
    ...archives.missing.map((id) => `${id}, which is not in the archive directory any more`),
    ...archives.unreadable.map((path) => `${path}: this archive cannot be read`),
    ...traces.importedFrom
      .filter((path) => existsSync(path))
      .map(
        (path) => `${path}: the old queue file it was imported from, which redrain never changes`,
      ),
  ];
}

/** Other events with the very same bytes; a look at each row, in turns. */
async function sameBytes(
  redaction: RedactionStore,
  head: number,
  event: ErasedEvent,
): Promise<string[]> {
  const found: string[] = [];
  for (const span of spansTo(head, 10_000)) {
    found.push(...(await redaction.sameBytes(event, span)));
    await yieldToOthers();
  }
  return found;
}

function report(
  eventId: string,
  traces: Traces & { readonly answers: number },
  archives: FoundArchives,
  looked: Looked,
  remains: readonly string[],
): RedactionReport {
  const { revisions } = traces;
  return {
    event_id: eventId,
    revisions: revisions.length,
    bytes: revisions.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0),
    conflict_copies: traces.conflicts,
    audit_copies: traces.audits,
    answers: traces.answers,
    archives: archives.holding.map(({ id }) => id),
    elsewhere: looked
      .map(({ place, copies }) => ({ place, copies }))
      .filter((one) => one.copies > 0),
    earlier_reason: traces.earlier?.reason ?? null,
    seen_by: traces.seenBy,
    remains,
  };
}
