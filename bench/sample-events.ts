/** One event as a host tool would capture it, with what its rows say, known beforehand. */
export interface SampleEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly projectUuid: string;
  readonly timestamp: string;
  /** The envelope: about 600 bytes of JSON. */
  readonly bytes: Buffer;
}

/** The repository all of them name. */
export const SAMPLE_REPO = 'example/bench';

const TYPES = ['WPStatusChanged', 'MissionDossierArtifactIndexed', 'HistoryAdded', 'WPAssigned'];
const LANES = ['planned', 'doing', 'for_review', 'done'];
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const FIRST_MS = Date.UTC(2025, 10, 22);

/** Makes `count` different events of a few projects, the same ones every time. */
export function sampleEvents(count: number, projects: readonly string[]): SampleEvent[] {
  const random = seededRandom(20_251_122);
  return Array.from({ length: count }, (_, index) => sampleEvent(index, projects, random));
}

function sampleEvent(
  index: number,
  projects: readonly string[],
  random: () => number,
): SampleEvent {
  const at = FIRST_MS + index * 7;
  const eventId = ulidAt(at, random);
  const eventType = pick(TYPES, random);
  const projectUuid = pick(projects, random);
  const timestamp = new Date(at).toISOString();
  const text = JSON.stringify({
    event_id: eventId,
    event_type: eventType,
    aggregate_id: `WP${1 + Math.floor(random() * 40)}`,
    aggregate_type: 'WorkPackage',
    payload: payload(random),
    lamport_clock: index + 1,
    causation_id: ulidAt(at - 3, random),
    timestamp,
    team_slug: 'bench-team',
    project_uuid: projectUuid,
    repo_slug: SAMPLE_REPO,
    schema_version: '1.0.0',
  });
  return { eventId, eventType, projectUuid, timestamp, bytes: Buffer.from(text) };
}

function payload(random: () => number): object {
  return {
    wp_id: `WP${1 + Math.floor(random() * 40)}`,
    from_lane: pick(LANES, random),
    to_lane: pick(LANES, random),
    actor: 'implementer',
    note: `step ${words(random)}`,
    evidence: { commit: hex(40, random), files: Math.floor(random() * 30) },
  };
}

const WORDS = ['tests', 'pass', 'after', 'the', 'review', 'of', 'parser', 'ledger', 'and', 'queue'];

function words(random: () => number): string {
  return Array.from({ length: 12 }, () => pick(WORDS, random)).join(' ');
}

function hex(length: number, random: () => number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
}

function ulidAt(at: number, random: () => number): string {
  let time = '';
  for (let rest = at, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32))
    time = `${CROCKFORD[rest % 32]}${time}`;
  return time + Array.from({ length: 16 }, () => CROCKFORD[Math.floor(random() * 32)]).join('');
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** Mulberry32: small, seedable, and good enough to vary text. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
