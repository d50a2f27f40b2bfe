import { hash } from 'node:crypto';
import type { SyncSettings } from '../../config/settings.js';
import { readEnvelope } from '../../journal/envelope.js';
import type { StoredText } from '../../queue/ports.js';
import type { ErasedEvent } from '../../retention/erased-event.js';
import { ERASED } from '../../retention/redaction-store.js';

/** A job, as an operator names it. */
export interface JobName {
  readonly queue: string;
  readonly id: string;
}

/**
 * The texts of jobs without one event. What a job carries loses the lines that
 * are this event, and keeps all others, so that it goes on with them; what was
 * said of a job loses every text that repeats the event.
 */
export class JobTexts {
  /** Jobs that run now: what they will say of the event is not written yet. */
  readonly running = new Map<string, JobName>();
  /** Jobs with lines that have the same bytes, and will be other events. */
  readonly sameBytes = new Map<string, JobName>();
  /** A text may be looked at more than once. */
  readonly #changed = new Set<string>();
  readonly #event: ErasedEvent;
  readonly #fields: SyncSettings['capture']['fields'];

  /** `fields`: where this home finds the id of an event. */
  constructor(event: ErasedEvent, fields: SyncSettings['capture']['fields']) {
    this.#event = event;
    this.#fields = fields;
  }

  /** Texts that were changed, or would be. */
  get copies(): number {
    return this.#changed.size;
  }

  without(text: StoredText): unknown {
    const carries = text.kind === 'data' || text.kind === 'template';
    const instead = carries
      ? edited(text.value, (line) => (this.#isEvent(line, text) ? undefined : line))
      : edited(text.value, (words) => (this.#event.content.isIn(words) ? ERASED : words));
    if (instead === text.value) return instead;
    const name = { queue: text.queue, id: text.id };
    this.#changed.add(JSON.stringify([name, text.kind]));
    if (carries && text.state === 'active') this.running.set(JSON.stringify(name), name);
    return instead ?? '';
  }

  /**
   * A line without an id becomes an event with a new id each time it is
   * captured. In a job that never ran it is therefore another event, though its
   * bytes are the same: it is told of, and stays.
   */
  #isEvent(line: string, { value, started, kind, queue, id }: StoredText): boolean {
    const { eventId, digests } = this.#event;
    const envelope = readEnvelope(Buffer.from(line), {
      ...this.#fields,
      ...rulesIn(value),
      maxEventBytes: Infinity,
    });
    if (!envelope.ok) return this.#isQuotedIn(line);
    if (envelope.eventId !== null) return envelope.eventId === eventId;
    if (!digests.has(hash('sha256', Buffer.from(line), 'hex'))) return false;
    if (!started && kind === 'data') this.sameBytes.set(JSON.stringify([queue, id]), { queue, id });
    return started;
  }

  /** Input that is not an event, as an operator may have been told of it: cut off, or with noise around. */
  #isQuotedIn(line: string): boolean {
    const { eventId, payloads } = this.#event;
    return (
      line.includes(JSON.stringify(eventId)) || payloads.some((one) => line.includes(`${one}`))
    );
  }
}

/** The rules under which a job reads its events, where it has any. */
function rulesIn(data: unknown): Record<string, string> {
  const { rules } = (data ?? {}) as { rules?: unknown };
  if (typeof rules !== 'object' || rules === null) return {};
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => typeof value === 'string'));
}

type EditText = (text: string) => string | undefined;

/** The value with every text edited; the very same one when nothing changed. Undefined takes an element out. */
function edited(value: unknown, edit: EditText): unknown {
  if (typeof value === 'string') return edit(value);
  if (Array.isArray(value)) {
    const kept = value.map((one) => edited(one, edit));
    if (kept.every((one, i) => one === value[i])) return value;
    return kept.filter((one, i) => one !== undefined || value[i] === undefined);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, edited(one, edit)] as const);
  if (entries.every(([name, one]) => one === (value as Record<string, unknown>)[name]))
    return value;
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
}
