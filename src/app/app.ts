import { type ConfigDocument, ConfigReader } from '../config/document.js';
import { type HomePaths, resolveHome } from '../config/home.js';
import type { DeclaredTarget } from '../config/target-settings.js';
import type { DrainReport } from '../dispatch/drain-report.js';
import type { DeliveryReceiver } from '../dispatch/ports.js';
import { assertLocalFilesystem } from '../files/local-filesystem.js';
import { provideTemporaryDirectory } from '../files/temporary-directory.js';
import type { CaptureInput, CaptureVerdict } from '../journal/capture.js';
import type { EnvelopeRules } from '../journal/envelope.js';
import { Spool, type SpoolIngestion } from '../journal/spool.js';
import type { Stores } from '../stores.js';
import type { TargetRecord } from '../targets/registry.js';
import { CaptureReadiness } from './capture-readiness.js';
import type { TargetDrainOptions } from './drain-target.js';
import { readSituation, type Situation } from './situation.js';
import { chooseEngine } from './storage/choose.js';
import type { Engine, StorageOptions } from './storage/engine.js';

/** What a process brings along; everything has the default of a command line. */
export interface AppOptions {
  /** The home directory; else that of the environment (docs/configuration.md, "The home"). */
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
  /** Targets of this program, by name; they go before those of config.toml, and none is written there. */
  readonly declared?: ReadonlyMap<string, DeclaredTarget> | undefined;
  /** Delivers in place of the target's own receiver. */
  readonly receiver?: ((target: TargetRecord) => DeliveryReceiver) | undefined;
  /** Of each request to a server; shorter than the usual 60 s in tests. */
  readonly requestDeadlineMs?: number | undefined;
  /** Waits for the pace of a target's `rate`: milliseconds, and what ends the wait early. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** For the journal; tests make the disk small and the patience short. */
  readonly storage?: StorageOptions;
}

/** What a use case that changes nothing works with, resolved once. */
export interface Reading {
  readonly situation: Situation;
  /** Undefined where there is no journal yet. */
  readonly stores: Stores | undefined;
}

/** What a use case that writes works with, resolved once. */
export interface Writing {
  readonly situation: Situation;
  readonly stores: Stores;
}

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
  /** Those of `#stores`, once they are open. */
  #opened: Stores | undefined;
  readonly #config: ConfigReader;
  readonly #capturing = new CaptureReadiness(this);

  constructor(options: AppOptions = {}) {
    this.options = options;
    this.env = options.env ?? process.env;
    this.paths = resolveHome({ home: options.home, env: this.env });
    this.#config = new ConfigReader(this.paths.config, undefined, options.declared);
    if (options.unsafeHome !== true) assertLocalFilesystem(this.paths.home);
    this.spool = new Spool(this.paths.spoolDir);
    provideTemporaryDirectory(this.paths.state, this.env);
  }

  now(): number {
    return (this.options.now ?? Date.now)();
  }

  random(): number {
    return (this.options.random ?? Math.random)();
  }

  /** config.toml as it is at this moment; parsed only when it has changed. */
  readConfig(): Promise<ConfigDocument> {
    return this.#config.read();
  }

  /** Configuration, authority and active target as they are at this moment. */
  situation(): Promise<Situation> {
    return readSituation({
      paths: this.paths,
      env: this.env,
      processWideOverride: this.options.processWideOverride,
      reader: this.#config,
    });
  }

  /**
   * Opens the journal for writing, once; a failure is not remembered. A journal
   * that was replaced is opened again, as a new process would find it. `known`
   * is the situation where the caller has just read it.
   */
  stores(known?: Situation): Promise<Stores> {
    if (this.#opened?.isReplaced() === true) this.#forgetStores();
    this.#stores ??= this.#open(known).catch((error: unknown) => {
      this.#forgetStores();
      throw error;
    });
    return this.#stores;
  }

  /**
   * Whether the journal that this process works with is the one of the home,
   * and of a schema that it knows.
   *
   * @throws StorageUnavailableError, NewerSchemaError.
   */
  async assertJournal(): Promise<void> {
    await (await this.stores()).assertCurrent();
  }

  /**
   * Runs `work` with the situation of this moment and the stores for reading
   * only, which are closed after it. No stores where there is no journal.
   */
  async reading<T>(work: (at: Reading) => Promise<T>): Promise<T> {
    const situation = await this.situation();
    return this.readingStores((stores) => work({ situation, stores }));
  }

  /** The same for work that does not depend on the configuration. */
  async readingStores<T>(work: (stores: Stores | undefined) => Promise<T>): Promise<T> {
    const stores = await this.openToRead();
    try {
      return await work(stores);
    } finally {
      await stores?.close();
    }
  }

  /** The stores for reading only, which the caller closes; undefined where there is no journal. */
  async openToRead(): Promise<Stores | undefined> {
    return (await this.engine()).openToRead();
  }

  /** Where the journal of the home is, as configured at this moment. @throws as `chooseEngine`. */
  engine(): Promise<Engine> {
    return chooseEngine(this);
  }

  /** Runs `work` with the situation of this moment and the stores of this process, which stay open. */
  async writing<T>(work: (at: Writing) => Promise<T>): Promise<T> {
    const situation = await this.situation();
    return work({ situation, stores: await this.stores(situation) });
  }

  /** The stores of this process where there is a journal; makes none. */
  async storesIfAny(): Promise<Stores | undefined> {
    return (await (await this.engine()).exists()) ? this.stores() : undefined;
  }

  /**
   * Runs `work` on a copy of the journal in `directory`, or on an empty one
   * where there is none. The caller deletes the directory.
   */
  async rehearsing<T>(directory: string, work: (stores: Stores) => Promise<T>): Promise<T> {
    const stores = await (await this.engine()).openCopy(directory);
    try {
      return await work(stores);
    } finally {
      await stores.close();
    }
  }

  /** Captures one atomic group. */
  async captureGroup(
    inputs: readonly CaptureInput[],
    rules: Partial<EnvelopeRules> = {},
    { auditDiscard = false }: { readonly auditDiscard?: boolean } = {},
  ): Promise<CaptureVerdict[]> {
    const ready = this.#capturing.known() ?? (await this.#capturing.read());
    const verdicts = await ready.capture.captureGroup(inputs, ready.context(rules, auditDiscard));
    // What had to be spooled goes first with the next one.
    if (verdicts.some(({ kind }) => kind === 'spooled')) this.#capturing.forget();
    return verdicts;
  }

  /** Takes waiting spool files into the journal. */
  async ingestSpool(): Promise<SpoolIngestion[]> {
    if (!this.spool.mayHaveFiles()) return [];
    return this.spool.ingest((await this.stores()).journal);
  }

  /** One drain of the active target, or of the one named. */
  async drain(options: TargetDrainOptions): Promise<DrainReport> {
    const { drainTarget } = await import('./drain-target.js');
    return drainTarget(this, options);
  }

  async close(): Promise<void> {
    // The caller that asked for stores that could not be opened got the error.
    const stores = await this.#stores?.catch(() => undefined);
    this.#forgetStores();
    await stores?.close();
  }

  async #open(known?: Situation): Promise<Stores> {
    const { settings } = known ?? (await this.situation());
    const options = { busyTimeoutMs: settings.capture.busyTimeoutMs, ...this.options.storage };
    this.#opened = await (await this.engine()).open(options);
    return this.#opened;
  }

  #forgetStores(): void {
    this.#stores = undefined;
    this.#opened = undefined;
    this.#capturing.forget();
  }
}
