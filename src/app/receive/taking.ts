import type { CaptureInput, CaptureVerdict } from '../../journal/capture.js';
import { CAPTURE_GROUP } from '../../journal/capture-groups.js';
import type { EnvelopeRules } from '../../journal/envelope.js';
import { GroupCommit } from '../../journal/group-commit.js';
import type { EventVerdict, ReceivedEvent } from '../../receive/received-event.js';
import { Refusal } from '../../receive/refusal.js';
import { CANARY_TYPE } from '../../receivers/probe/canary.js';
import type { App } from '../app.js';
import { conflictReason, UNNAMED_CONFLICT } from './conflict-reason.js';
import { captureInputs, type IncomingRequest } from './incoming.js';

/** Inputs of one request that are committed together. */
type Part = readonly CaptureInput[];

/** Requests that may share a commit. */
const MOST_PARTS = 64;
/** Conflicts of one request that are explained one by one. */
const MOST_EXPLAINED = 100;
/** Canaries that are known to have come before. */
const MOST_CANARIES = 1_000;
const RETRY_AFTER_S = '5';

/**
 * Takes events that came over HTTP into the journal. Requests that come together
 * share a commit. What is answered with `success` is in the journal, or in the
 * spool, on disk.
 */
export class Taking {
  readonly #app: App;
  readonly #group: GroupCommit<Part, CaptureVerdict[]>;
  readonly #canaries = new Set<string>();

  /** `rules` go before those of the configuration. */
  constructor(app: App, rules: Partial<EnvelopeRules> = {}) {
    this.#app = app;
    this.#group = new GroupCommit((parts) => this.#commit(parts, rules), {
      maxItems: MOST_PARTS,
      maxBytes: CAPTURE_GROUP.maxBytes,
      sizeOf: (part) => part.reduce((sum, { bytes }) => sum + bytes.length, 0),
    });
  }

  /** @throws Refusal 503 where neither journal nor spool can take them: nothing is to be lost. */
  async take(events: readonly ReceivedEvent[], request: IncomingRequest): Promise<EventVerdict[]> {
    const isCanary = ({ type }: ReceivedEvent): boolean => type === CANARY_TYPE;
    const kept = events.filter((event) => !isCanary(event));
    const inputs = captureInputs(kept, request);
    const verdicts = await Promise.all(partsOf(inputs).map((part) => this.#group.add(part)));
    const rest = (await this.#said(inputs, verdicts.flat())).values();
    return events.map((event): EventVerdict => {
      if (isCanary(event)) return this.#canary(event);
      return rest.next().value ?? { status: 'failed' };
    });
  }

  /** Resolves when everything that was taken so far is answered for. */
  settled(): Promise<void> {
    return this.#group.settled();
  }

  async #commit(
    parts: readonly Part[],
    rules: Partial<EnvelopeRules>,
  ): Promise<CaptureVerdict[][]> {
    const verdicts = await this.#app.captureGroup(parts.flat(), rules);
    let end = 0;
    return parts.map(({ length }) => {
      end += length;
      return verdicts.slice(end - length, end);
    });
  }

  async #said(
    inputs: readonly CaptureInput[],
    verdicts: readonly CaptureVerdict[],
  ): Promise<EventVerdict[]> {
    const lost = verdicts.find(({ kind }) => kind === 'lost');
    if (lost?.kind === 'lost') throw unavailable(lost.reason);
    let explained = 0;
    const said: EventVerdict[] = [];
    for (const [at, verdict] of verdicts.entries()) {
      const isExplained = verdict.kind === 'conflict' && explained < MOST_EXPLAINED;
      explained += isExplained ? 1 : 0;
      said.push(
        isExplained ? await this.#conflict(verdict.eventId, inputs[at]) : verdictOf(verdict),
      );
    }
    return said;
  }

  async #conflict(eventId: string, input: CaptureInput | undefined): Promise<EventVerdict> {
    const stores = await this.#app.stores();
    const { bytes } = input as CaptureInput;
    return { status: 'rejected', reason: await conflictReason(stores, eventId, bytes) };
  }

  /** Of a test of this hub: known when it comes again, and in nobody's journal. */
  #canary({ id }: ReceivedEvent): EventVerdict {
    if (this.#canaries.has(id)) return { status: 'duplicate' };
    if (this.#canaries.size >= MOST_CANARIES) this.#canaries.clear();
    this.#canaries.add(id);
    return { status: 'success' };
  }
}

function verdictOf(verdict: CaptureVerdict): EventVerdict {
  switch (verdict.kind) {
    case 'captured':
    case 'spooled':
    case 'audited':
      return { status: 'success' };
    case 'duplicate':
      return { status: 'duplicate' };
    case 'invalid':
      return { status: 'rejected', reason: verdict.problem };
    case 'discarded':
      return { status: 'rejected', reason: `the mode of this home discards ${verdict.family}` };
    case 'conflict':
      return { status: 'rejected', reason: UNNAMED_CONFLICT };
    case 'lost':
      return { status: 'failed' };
  }
}

/** In parts that a transaction can take: each is stored as a whole, or not at all. */
function partsOf(inputs: readonly CaptureInput[]): Part[] {
  const parts: CaptureInput[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const input of inputs) {
    const part = parts.at(-1);
    bytes += input.bytes.length;
    if (
      part !== undefined &&
      part.length < CAPTURE_GROUP.maxItems &&
      bytes <= CAPTURE_GROUP.maxBytes
    )
      part.push(input);
    else {
      parts.push([input]);
      bytes = input.bytes.length;
    }
  }
  return parts;
}

const unavailable = (reason: string): Refusal =>
  new Refusal(503, `nothing can be stored now: ${reason}`, { 'retry-after': RETRY_AFTER_S });
