import { statSync } from 'node:fs';
import { errorCode } from '../files/storage-errors.js';
import { Capture, type CaptureContext } from '../journal/capture.js';
import type { EnvelopeRules } from '../journal/envelope.js';
import type { Spool } from '../journal/spool.js';
import { blockedReason, type WayOut } from '../policy/capture-reason.js';
import { policyOf } from '../policy/mode.js';
import type { Stores } from '../stores.js';
import type { TargetKey, TargetRecord } from '../targets/registry.js';
import type { Situation } from './situation.js';
import { wayOut } from './way-out.js';

/** Milliseconds for which capture trusts what it knows of the way to the target. */
const WAY_OUT_FRESH_MS = 1_000;

/** Longest time for which one look at configuration and spool stands, in milliseconds. */
const LOOK_MS = 10;

/** What captures rest on: the application, as far as they know it. */
export interface CaptureHome {
  readonly paths: { readonly config: string };
  readonly spool: Spool;
  now(): number;
  stores(): Promise<Stores>;
  situation(): Promise<Situation>;
  ingestSpool(): Promise<unknown>;
}

/** What a capture is made with, and what it is to note beside every fact. */
export class ReadyToCapture {
  readonly capture: Capture;
  readonly #notes: CaptureContext;
  #last: { rules: Partial<EnvelopeRules>; context: CaptureContext } | undefined;

  constructor(capture: Capture, notes: CaptureContext) {
    this.capture = capture;
    this.#notes = notes;
  }

  /** With what the caller wants beside the configuration. A run of captures wants the same. */
  context(rules: Partial<EnvelopeRules>, auditDiscard: boolean): CaptureContext {
    const last = this.#last;
    if (last?.rules === rules && last.context.discard.auditDiscard === auditDiscard)
      return last.context;
    const notes = this.#notes;
    const context = {
      ...notes,
      rules: { ...notes.rules, ...rules },
      discard: { ...notes.discard, auditDiscard },
    };
    this.#last = { rules, context };
    return context;
  }
}

/**
 * Gets a home ready for captures: opens the journal, takes in what waits in
 * the spool, reads the configuration. Files are looked at once in a turn of
 * the event loop (and again after 10 ms of a long one), so that an edited
 * config.toml counts from the next turn and a run of captures does not pay
 * for it.
 */
export class CaptureReadiness {
  readonly #home: CaptureHome;
  #ready: ReadyToCapture | undefined;
  #lookedAt = 0;
  #surroundings: Surroundings | undefined;

  constructor(home: CaptureHome) {
    this.#home = home;
  }

  /** What the last look found, while it stands. */
  known(): ReadyToCapture | undefined {
    if (this.#ready !== undefined && performance.now() - this.#lookedAt < LOOK_MS)
      return this.#ready;
    return undefined;
  }

  /** Looks again. Never rejects: `Capture` gets the error, and writes to the spool. */
  async read(): Promise<ReadyToCapture> {
    const opened = await this.#home.stores().catch((error: unknown) => ({ error }));
    const { situation, way, producer } = await this.#surroundingsNow(opened);
    const { settings } = situation;
    const isTakenIn = 'error' in opened ? false : await this.#ingestSpoolQuietly();
    const ready = new ReadyToCapture(
      new Capture('error' in opened ? opened : opened.journal, this.#home.spool),
      {
        rules: {
          maxEventBytes: settings.capture.maxEventBytes,
          coalesce: settings.coalesce,
          ...settings.capture.fields,
        },
        now: () => this.#home.now(),
        blockedReason: (origin) => blockedReason(way, origin),
        producer,
        discard: {
          retention: policyOf(settings.mode).retention,
          families: settings.families,
          auditDiscard: false,
        },
      },
    );
    if (isTakenIn) this.#keepForThisTurn(ready);
    return ready;
  }

  /** Nothing read so far stands any longer. */
  forget(): void {
    this.#ready = undefined;
  }

  #keepForThisTurn(ready: ReadyToCapture): void {
    this.#ready = ready;
    this.#lookedAt = performance.now();
    setImmediate(() => {
      // A later turn may have looked again before this one ended.
      if (this.#ready === ready) this.forget();
    });
  }

  /** What waited longer goes first; trouble with it must not keep new events out: false then. */
  async #ingestSpoolQuietly(): Promise<boolean> {
    try {
      await this.#home.ingestSpool();
      return true;
    } catch {
      // The file stays where it is, `status` counts it, and the next capture tries again.
      return false;
    }
  }

  /** An edited config.toml counts with this look, the rest within a second. */
  async #surroundingsNow(opened: Stores | { error: unknown }): Promise<Surroundings> {
    const config = fingerprint(this.#home.paths.config);
    const known = this.#surroundings;
    const age = performance.now() - (known?.readAt ?? Number.NEGATIVE_INFINITY);
    if (known !== undefined && known.config === config && age < WAY_OUT_FRESH_MS) return known;
    const situation = await this.#home.situation();
    const key = situation.description;
    const target =
      'error' in opened || key === undefined ? undefined : await knownTarget(opened, key);
    const resolved = situation.authority?.resolved;
    this.#surroundings = {
      situation,
      way: wayOut(situation, target),
      producer: { user: resolved?.user_id ?? null, team: resolved?.team_slug ?? null },
      config,
      readAt: performance.now(),
    };
    return this.#surroundings;
  }
}

/** What a capture notes beside the facts, and when and from which configuration it was read. */
interface Surroundings {
  readonly situation: Situation;
  readonly way: WayOut;
  readonly producer: CaptureContext['producer'];
  readonly config: string;
  readonly readAt: number;
}

/** What a capture notes beside a fact must not keep the fact out. */
async function knownTarget(stores: Stores, key: TargetKey): Promise<TargetRecord | undefined> {
  try {
    return await stores.targets.findByKey(key);
  } catch {
    // The journal itself decides whether the event can be stored.
    return undefined;
  }
}

/** Changes whenever the file does; an empty text while there is none. */
function fingerprint(file: string): string {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  } catch (error) {
    // Out of reach is a state too; reading it says what is wrong.
    return errorCode(error);
  }
}
