import type { EdgeRequest, NumberRanges } from './arrival.js';

/** The header that makes a batch one of the format `hub`: it holds the home id of the edge. */
export const EDGE_HEADER = 'redrain-edge';

export const HUB_VERSION = 1;

/** How the bytes of an event travel: as they are, within an envelope, or as base64 within one. */
export const CARRIED = { bare: 0, wrapped: 1, base64: 2 } as const;
export type Carried = (typeof CARRIED)[keyof typeof CARRIED];

/** Project, repository, checkout and type: what events of one origin have in common. */
export type HubOrigin = readonly [
  project: string | null,
  repo: string | null,
  checkout: string | null,
  type: string,
];

/** One event of `events`, at its place: its number, its origin by place, its id, the producer's time. */
export type HubRow = readonly [
  number: number,
  origin: number,
  id: string,
  time: string | null,
  carried: Carried,
];

/** The member `hub` of a request (docs/protocol.md, "hub"). Times in epoch milliseconds. */
export interface HubHead {
  readonly version: typeof HUB_VERSION;
  readonly home: string;
  readonly instance: string;
  readonly host: string;
  readonly stream: string;
  readonly request: string;
  readonly sent_at: number;
  readonly newest_at: number | null;
  /** The first and the last number of the request; null where it has none. */
  readonly range: readonly [first: number, last: number] | null;
  /** The highest number of which there was a first attempt before; null where the request has only others. */
  readonly after: number | null;
  readonly excluded: NumberRanges;
  readonly again: NumberRanges;
  readonly origins: readonly HubOrigin[];
  readonly events: readonly HubRow[];
}

/** What a request says of its edge; `heard` is what the hub knows of it. */
export function edgeRequestOf(
  head: HubHead,
  heard: Pick<EdgeRequest, 'name' | 'receivedAt'>,
): EdgeRequest {
  const { home, instance, host, stream, request, again, excluded } = head;
  const said = { home, instance, host, stream, request, again, excluded };
  return { ...said, sentAt: head.sent_at, newestAt: head.newest_at, ...heard };
}

/** Why a value is no head of a request of so many events, or undefined where it is one. */
export function headFault(value: unknown, events: number): string | undefined {
  if (typeof value !== 'object' || value === null) return 'the member hub is missing';
  const head = value as Partial<Record<keyof HubHead, unknown>>;
  if (head.version !== HUB_VERSION)
    return `hub.version is ${String(head.version)}: this hub reads version ${HUB_VERSION}`;
  const odd =
    TEXTS.find((name) => !isName(head[name])) ??
    (isTime(head.sent_at) ? undefined : 'sent_at') ??
    (head.newest_at === null || isTime(head.newest_at) ? undefined : 'newest_at') ??
    RANGES.find((name) => !areRanges(head[name])) ??
    (isListOf(head.origins, isOrigin) ? undefined : 'origins') ??
    (isListOf(head.events, (row) => isRow(row, (head.origins as unknown[]).length))
      ? undefined
      : 'events');
  if (odd !== undefined) return `hub.${odd} is not as this version has it`;
  const rows = (head.events as readonly HubRow[]).map(([number]) => number);
  if (rows.length !== events) return `hub.events has ${rows.length} rows for ${events} events`;
  return new Set(rows).size === rows.length ? undefined : 'hub.events has a number twice';
}

const TEXTS = ['home', 'instance', 'host', 'stream', 'request'] as const;
const RANGES = ['excluded', 'again'] as const;
/** Ranges of one request; more are no request of redrain. */
const MOST_RANGES = 20_000;

/** Of visible characters: such texts are shown to people. */
const isName = (value: unknown): boolean =>
  typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value);

const isTime = (value: unknown): boolean => Number.isSafeInteger(value);
const isNumber = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

function isListOf(value: unknown, isOne: (one: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(isOne);
}

function areRanges(value: unknown): boolean {
  let before = 0;
  const isNext = (one: unknown): boolean => {
    if (!Array.isArray(one) || one.length !== 2 || !one.every(isNumber)) return false;
    const [first = 0, last = 0] = one as number[];
    const isAscending = first > before && last >= first;
    before = last;
    return isAscending;
  };
  return isListOf(value, isNext) && value.length <= MOST_RANGES;
}

function isOrigin(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 4) return false;
  return value.slice(0, 3).every(isTextOrNull) && typeof value[3] === 'string';
}

function isRow(value: unknown, origins: number): boolean {
  if (!Array.isArray(value) || value.length !== 5) return false;
  const [number, origin, id, time, carried] = value as unknown[];
  const hasOrigin = Number.isSafeInteger(origin) && Number(origin) >= 0 && Number(origin) < origins;
  const hasTexts = typeof id === 'string' && id !== '' && isTextOrNull(time);
  return isNumber(number) && hasOrigin && hasTexts && [0, 1, 2].includes(Number(carried));
}
