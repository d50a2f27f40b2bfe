import { statSync } from 'node:fs';
import { onChangeIn } from '../files/change-hints.js';
import type { App } from './app.js';
import { openQueuesToRead } from './jobs/open-queues.js';

/** What is kept open for looking at its version. */
interface Watched {
  version(): Promise<string>;
  onHint?(hear: () => void): () => void;
  isReplaced(): boolean;
  close(): Promise<void>;
}

/**
 * Tells whether anything that reports show may have changed: journal, jobs, spool or configuration.
 * Keeps journal and jobs open for reading, with no transaction in them, so that a look costs
 * microseconds. Changes nothing.
 */
export class HomeWatch {
  readonly #app: App;
  readonly #journal: KeptOpen;
  readonly #jobs: KeptOpen;
  #config: unknown;
  #configs = 0;

  constructor(app: App) {
    this.#app = app;
    this.#journal = new KeptOpen(() => openJournal(app));
    this.#jobs = new KeptOpen(() => openQueuesToRead(app));
  }

  /** Another text whenever something may have changed. Never fails: what cannot be read has a version, too. */
  async version(): Promise<string> {
    const config = await this.#app.readConfig();
    if (config !== this.#config) this.#configs += 1;
    this.#config = config;
    const journal = await this.#journal.version();
    const jobs = await this.#jobs.version();
    return `${journal}/${jobs}/${changedAt(this.#app.paths.spoolDir)}/${this.#configs}`;
  }

  /**
   * Calls `hear` when something may be about to change, where anybody can tell. A hint that can come
   * before the change and can be lost: `version` has to be asked, too. Returns what ends it.
   */
  onHint(hear: () => void): () => void {
    const { home, state } = this.#app.paths;
    const ends = [
      this.#journal.onHint(hear),
      ...[...new Set([home, state])].map((directory) => onChangeIn(directory, hear)),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await this.#jobs.close();
  }
}

/** Nothing is written through it, so that what others write is all. */
async function openJournal(app: App): Promise<Watched | undefined> {
  const stores = await app.openToRead();
  return (
    stores && {
      version: () => stores.versionOfOthers(),
      isReplaced: () => stores.isReplaced(),
      onHint: (hear) => stores.onHint(hear),
      close: () => stores.close(),
    }
  );
}

/** One store, opened again when another one stands in its place. */
class KeptOpen {
  readonly #open: () => Promise<Watched | undefined>;
  #opened: Watched | undefined;
  #openings = 0;

  constructor(open: () => Promise<Watched | undefined>) {
    this.#open = open;
  }

  async version(): Promise<string> {
    try {
      if (this.#opened?.isReplaced() === true) await this.close();
      this.#opened ??= await this.#opening();
      return this.#opened === undefined
        ? 'none'
        : `${this.#openings} ${await this.#opened.version()}`;
    } catch (error) {
      await this.close();
      return String(error);
    }
  }

  onHint(hear: () => void): () => void {
    return this.#opened?.onHint?.(hear) ?? (() => undefined);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.close();
  }

  async #opening(): Promise<Watched | undefined> {
    const opened = await this.#open();
    if (opened !== undefined) this.#openings += 1;
    return opened;
  }
}

const changedAt = (directory: string): string =>
  String(statSync(directory, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 'none');
