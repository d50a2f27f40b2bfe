import { statSync } from 'node:fs';
import { type HomePaths, resolveHome } from '../config/home.js';
import { assertLocalFilesystem } from '../config/local-filesystem.js';
import type { DrainReport } from '../dispatch/drain-report.js';
import type { DeliveryReceiver } from '../dispatch/ports.js';
import {
  Capture,
  type CaptureContext,
  type CaptureInput,
  type CaptureVerdict,
} from '../journal/capture.js';
import type { EnvelopeRules } from '../journal/envelope.js';
import { Spool, type SpoolIngestion } from '../journal/spool.js';
import { SqliteJournal } from '../journal/sqlite-journal.js';
import { SqliteLedger } from '../ledger/sqlite-ledger.js';
import { blockedReason, type WayOut } from '../policy/capture-reason.js';
import { policyOf } from '../policy/mode.js';
import { errorCode } from '../storage/errors.js';
import { JournalDatabase, type OpenOptions } from '../storage/journal-database.js';
import type { TargetKey, TargetRecord } from '../targets/registry.js';
import { readSituation, type Situation } from '../targets/situation.js';
import { SqliteTargets } from '../targets/sqlite-targets.js';
import { wayOut } from '../targets/way-out.js';
import type { TargetDrainOptions } from './drain-target.js';

/** What a process brings along; everything has the default of a command line. */
export interface AppOptions {
  /** The home directory; else `REDRAIN_HOME`, `SPEC_KITTY_HOME`, `~/.spec-kitty`. */
  readonly home?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Uniform in [0, 1): jitter. */
  readonly random?: () => number;
  /** Use a home on a network file system in spite of the risk. */
  readonly unsafeHome?: boolean;
  /** False: a different `SPEC_KITTY_SAAS_URL` is a split-brain, not an override. */
  readonly processWideOverride?: boolean | undefined;
  /** Delivers in place of the target's own receiver. */
  readonly receiver?: ((target: TargetRecord) => DeliveryReceiver) | undefined;
  /** For journal.db; tests make the disk small and the patience short. */
  readonly storage?: OpenOptions;
}

/** The stores on one open journal. */
export interface Stores {
  readonly db: JournalDatabase;
  readonly journal: SqliteJournal;
  readonly ledger: SqliteLedger;
  readonly targets: SqliteTargets;
}

/** Milliseconds for which capture trusts what it knows of the way to the target. */
const WAY_OUT_FRESH_MS = 1_000;

/**
 * The wiring: every part of redrain on one home, made when it is first needed.
 * Holds no rules of its own; command line, library and workers all use it.
 */
export class App {
  readonly paths: HomePaths;
  readonly env: NodeJS.ProcessEnv;
  readonly spool: Spool;
  readonly options: AppOptions;
  #stores: Promise<Stores> | undefined;
  #surroundings: CaptureSurroundings | undefined;

  constructor(options: AppOptions = {}) {
    this.options = options;
    this.env = options.env ?? process.env;
    this.paths = resolveHome({ home: options.home, env: this.env });
    if (options.unsafeHome !== true) assertLocalFilesystem(this.paths.home);
    this.spool = new Spool(this.paths.spoolDir);
  }

  now(): number {
    return (this.options.now ?? Date.now)();
  }

  random(): number {
    return (this.options.random ?? Math.random)();
  }

  /** Configuration, authority and active target as they are at this moment. */
  situation(): Promise<Situation> {
    return readSituation({
      paths: this.paths,
      env: this.env,
      processWideOverride: this.options.processWideOverride,
    });
  }

  /** Opens the journal for writing, once; a failure is not remembered. */
  stores(): Promise<Stores> {
    this.#stores ??= this.#open().catch((error: unknown) => {
      this.#stores = undefined;
      throw error;
    });
    return this.#stores;
  }

  /** The stores for reading only; undefined when there is no journal. The caller closes `db`. */
  readStores(): Stores | undefined {
    const db = JournalDatabase.openReadOnly(this.paths.journalDb);
    return db && storesOn(db, () => this.random());
  }

  /** Captures one atomic group (SPEC section 4). */
  async captureGroup(
    inputs: readonly CaptureInput[],
    rules: Partial<EnvelopeRules> = {},
    { auditDiscard = false }: { readonly auditDiscard?: boolean } = {},
  ): Promise<CaptureVerdict[]> {
    const opened = await this.stores().catch((error: unknown) => ({ error }));
    const around = await this.#captureSurroundings(opened);
    const { settings } = around.situation;
    const journal = async () => {
      if ('error' in opened) throw opened.error;
      return opened.journal;
    };
    if (!('error' in opened)) await this.#ingestSpoolQuietly();
    const verdicts = await new Capture(journal, this.spool).captureGroup(inputs, {
      rules: {
        maxEventBytes: settings.capture.maxEventBytes,
        coalesce: settings.coalesce,
        ...rules,
      },
      now: () => this.now(),
      blockedReason: (origin) => blockedReason(around.way, origin),
      producer: around.producer,
      discard: {
        retention: policyOf(settings.mode).retention,
        families: settings.families,
        auditDiscard,
      },
    });
    return verdicts;
  }

  /** What waited longer goes first; trouble with it must not keep new events out. */
  async #ingestSpoolQuietly(): Promise<void> {
    try {
      await this.ingestSpool();
    } catch {
      // The file stays where it is, `status` counts it, and the next capture tries again.
    }
  }

  /** Takes waiting spool files into the journal. */
  async ingestSpool(): Promise<SpoolIngestion[]> {
    if (!this.spool.mayHaveFiles()) return [];
    return this.spool.ingest((await this.stores()).journal);
  }

  /** One drain of the active target, or of the one named (SPEC section 7). */
  async drain(options: TargetDrainOptions): Promise<DrainReport> {
    const { drainTarget } = await import('./drain-target.js');
    return drainTarget(this, options);
  }

  async close(): Promise<void> {
    const stores = await this.#stores?.catch(() => undefined);
    this.#stores = undefined;
    stores?.db.close();
  }

  async #open(): Promise<Stores> {
    const { settings } = await this.situation();
    const db = await JournalDatabase.open(this.paths.journalDb, {
      busyTimeoutMs: settings.capture.busyTimeoutMs,
      ...this.options.storage,
    });
    return storesOn(db, () => this.random());
  }

  /** Asked before every group: an edited config.toml counts at once, the rest within a second. */
  async #captureSurroundings(opened: Stores | { error: unknown }): Promise<CaptureSurroundings> {
    const config = fingerprint(this.paths.config);
    const known = this.#surroundings;
    const age = performance.now() - (known?.readAt ?? Number.NEGATIVE_INFINITY);
    if (known !== undefined && known.config === config && age < WAY_OUT_FRESH_MS) return known;
    const situation = await this.situation();
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
interface CaptureSurroundings {
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

function storesOn(db: JournalDatabase, random: () => number): Stores {
  return {
    db,
    journal: new SqliteJournal(db),
    ledger: new SqliteLedger(db, random),
    targets: new SqliteTargets(db),
  };
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
