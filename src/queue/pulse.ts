import type { EventFeed } from './event-feed.js';
import type { JobsDatabase } from './jobs-database.js';

/** Milliseconds between two looks at `data_version`: a new job is to be picked up within 50 ms. */
const BEAT_MS = 33;

/** Whoever wants to know that the store may have changed. */
export interface PulseListener {
  /** `changed`: something was written. Also called when nothing was, as time may have passed. */
  beat(changed: boolean): void;
}

/**
 * One timer for everything that waits on a store. It runs only while somebody
 * listens, and each beat costs a few microseconds while nothing happens.
 */
export class Pulse {
  readonly #db: JobsDatabase;
  readonly #feed: EventFeed;
  readonly #listeners = new Set<PulseListener>();
  #timer: NodeJS.Timeout | undefined;
  #version = -1;
  #touched = false;

  constructor(db: JobsDatabase, feed: EventFeed) {
    this.#db = db;
    this.#feed = feed;
  }

  add(listener: PulseListener): void {
    this.#listeners.add(listener);
    this.start();
    this.touch();
  }

  remove(listener: PulseListener): void {
    this.#feed.flush();
    this.#listeners.delete(listener);
    this.stopIfAlone();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS);
  }

  stopIfAlone(): void {
    if (this.#listeners.size > 0 || this.#feed.isHeard) return;
    this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** This connection wrote: `data_version` does not show that. */
  touch(): void {
    if (this.#touched || this.#timer === undefined) return;
    this.#touched = true;
    setImmediate(() => this.#timer !== undefined && this.#beat());
  }

  #beat(): void {
    const changed = this.#hasChanged();
    for (const listener of [...this.#listeners]) listener.beat(changed);
  }

  /** Trouble with the file is for the listeners to meet: a timer has nobody to tell. */
  #hasChanged(): boolean {
    try {
      const version = this.#db.dataVersion();
      const changed = this.#touched || version !== this.#version;
      if (changed) this.#feed.flush();
      this.#version = version;
      this.#touched = false;
      return changed;
    } catch {
      return false;
    }
  }
}
