import { readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import { turn } from '../base/pace.js';
import { step } from '../base/steps.js';
import { makeDirectory, syncEntries } from '../files/directory.js';
import { putInPlace, removeIfThere, writeNewFile } from '../files/durable-file.js';
import { readPlainFile } from '../files/plain-file.js';
import { errorCode, whyNot } from '../files/trouble.js';
import type { EventJournal } from './journal-store.js';
import type { AppendVerdict, NewEvent } from './new-event.js';
import {
  decodeSpool,
  encodeSpool,
  isOfLaterFormat,
  type SpoolContents,
  type SpoolWithout,
  withoutEvent,
} from './spool-format.js';

/** What became of one spool file that this process took in. */
export interface SpoolIngestion {
  readonly file: string;
  readonly verdicts: AppendVerdict[];
  readonly events: readonly NewEvent[];
  readonly problems: string[];
}

export interface SpoolWaiting {
  readonly files: number;
  readonly events: number;
}

/** Names sort in the order they were made, also within one millisecond. */
const nextName = monotonicFactory();

/** Coarser than the time stamps of any file system this may run on. */
const CLOCK_TICK_MS = 2_500;

/** Writing a group takes milliseconds: an unfinished file this old was left by a kill. */
const ABANDONED_AFTER_MS = 3_600_000;

const UNFINISHED = '.spool.tmp';

/** A file that is written again without an event, until it takes the place of the first. */
const REWRITTEN = '.without.spool.tmp';

/** One event that waits in the spool. */
export interface SpooledEvent {
  /** Absolute path. */
  readonly file: string;
  readonly event: NewEvent;
}

/**
 * Where events go when the journal cannot be written: one file per group,
 * whole or absent, taken in once by whoever comes first.
 */
export class Spool {
  readonly #dir: string;
  #emptySince: number | undefined;
  #hasDurableDirectory = false;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Returns only after the file and its directory entry are on disk; throws otherwise. */
  write(events: readonly NewEvent[]): string {
    this.#makeDirectory();
    this.#sweep();
    const name = `${nextName()}.spool`;
    const temporary = join(this.#dir, `${name}.tmp`);
    try {
      step('spool.write');
      writeNewFile(temporary, encodeSpool(events));
      step('spool.written');
      putInPlace(temporary, join(this.#dir, name));
      step('spool.renamed');
      return name;
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  }

  /**
   * False when nothing can be waiting: one `stat` as long as the directory has
   * not changed since it was last seen empty. Asked before every capture.
   */
  mayHaveFiles(): boolean {
    const changedAt = statSync(this.#dir, { throwIfNoEntry: false })?.mtimeMs;
    if (changedAt === undefined || changedAt === this.#emptySince) return false;
    const settled = Date.now() - changedAt > CLOCK_TICK_MS;
    if (this.files().length > 0) return true;
    // A change within the same tick of the file system's clock would not show.
    this.#emptySince = settled ? changedAt : undefined;
    return false;
  }

  /** Names of waiting files, oldest first; none when there is no spool. */
  files(): string[] {
    return this.#namesEnding('.spool').sort();
  }

  /** How much waits. Reads the files: they are few, or something is wrong. */
  waiting(): SpoolWaiting {
    const files = this.files();
    let events = 0;
    for (const name of files) events += this.#look(name)?.events.length ?? 0;
    return { files: files.length, events };
  }

  /** Waiting files with what of each cannot be read. */
  inspect(): { readonly file: string; readonly problems: readonly string[] }[] {
    return this.files().map((file) => ({ file, problems: this.#look(file)?.problems ?? [] }));
  }

  /** Files whose writing was cut off: nobody was ever told that their events are safe. */
  unfinishedFiles(): string[] {
    return this.#namesEnding(UNFINISHED);
  }

  /** Files that were taken in as far as they could be read, kept for a person to look at. */
  tornFiles(): string[] {
    return this.#namesEnding('.torn');
  }

  /** Where an event waits: the files that hold it, oldest first. */
  find(eventId: string): SpooledEvent[] {
    return this.files().flatMap((file) => {
      const found = this.#look(file)?.events.filter((event) => event.eventId === eventId) ?? [];
      return found.map((event) => ({ file: join(this.#dir, file), event }));
    });
  }

  /** Every event that waits, in the order in which they are taken in. */
  *events(): Generator<SpooledEvent> {
    for (const file of this.files())
      for (const event of this.#look(file)?.events ?? [])
        yield { file: join(this.#dir, file), event };
  }

  /**
   * Writes every file that holds the event again without it: waiting ones, and
   * those kept for a person to look at. A file that another process takes in
   * meanwhile is known by its name and taken in once. Returns in how many files
   * it was, and those with an unreadable part in which `mayHold` sees it.
   */
  erase(eventId: string, mayHold: (part: Buffer) => boolean): { files: number; left: string[] } {
    let files = 0;
    const left: string[] = [];
    for (const { name, bytes, unreadable } of this.#without(eventId)) {
      if (bytes !== undefined) {
        files += 1;
        this.#replace(name, bytes);
      }
      if (mayHold(unreadable)) left.push(join(this.#dir, name));
    }
    return { files, left };
  }

  /** In how many files the event is. Changes nothing. */
  countHolding(eventId: string): number {
    let files = 0;
    for (const { bytes } of this.#without(eventId)) if (bytes !== undefined) files += 1;
    return files;
  }

  /** Every file without the event. One that is being written, or was cut off, is left alone as a whole. */
  *#without(eventId: string): Generator<SpoolWithout & { readonly name: string }> {
    for (const name of this.#allFiles()) {
      const file = readOrNothing(join(this.#dir, name));
      if (file === undefined) continue;
      if (name.endsWith(UNFINISHED)) yield { name, bytes: undefined, unreadable: file };
      else yield { name, ...withoutEvent(file, eventId) };
    }
  }

  #allFiles(): string[] {
    return ['.spool', '.torn', UNFINISHED].flatMap((ending) => this.#namesEnding(ending));
  }

  #replace(name: string, bytes: Buffer): void {
    const temporary = join(this.#dir, `${name}${REWRITTEN}`);
    removeIfThere(temporary);
    writeNewFile(temporary, bytes);
    putInPlace(temporary, join(this.#dir, name));
    step('spool.rewritten');
  }

  /**
   * Takes every waiting file into the journal. The file goes only after its
   * events are durable there; a damaged one is set aside as `.torn` instead.
   */
  async ingest(journal: EventJournal): Promise<SpoolIngestion[]> {
    const done: SpoolIngestion[] = [];
    const troubles: unknown[] = [];
    this.#sweep();
    for (const file of this.files()) {
      try {
        const taken = await this.#ingestFile(journal, file);
        if (taken !== undefined) done.push(taken);
      } catch (error) {
        // One file that cannot be taken in must not keep the others waiting.
        troubles.push(error);
      }
      await turn();
    }
    if (troubles.length > 0) throw troubles[0];
    return done;
  }

  /** Also when a process that was killed made it: a file in a directory that is lost is lost. */
  #makeDirectory(): void {
    makeDirectory(this.#dir);
    if (this.#hasDurableDirectory) return;
    // The spool in the state directory, that in the home, and the home in its parent.
    syncEntries(this.#dir, 3);
    this.#hasDurableDirectory = true;
  }

  #namesEnding(ending: string): string[] {
    try {
      return readdirSync(this.#dir).filter((name) => name.endsWith(ending));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Removes what kills left long ago; a clock that was moved makes nothing stay forever. */
  #sweep(): void {
    for (const name of this.unfinishedFiles()) {
      const path = join(this.#dir, name);
      const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (Math.abs(Date.now() - changedAt) > ABANDONED_AFTER_MS) removeIfThere(path);
    }
  }

  async #ingestFile(journal: EventJournal, file: string): Promise<SpoolIngestion | undefined> {
    const contents = this.#read(file);
    if (contents === undefined) return undefined;
    const { events, problems } = contents;
    const verdicts = await journal.appendSpooled(file, events, problems);
    step('spool.ingested');
    this.#putAway(file, problems.length > 0);
    step('spool.put-away');
    return verdicts && { file, verdicts, events, problems };
  }

  #putAway(file: string, damaged: boolean): void {
    const path = join(this.#dir, file);
    try {
      if (damaged) renameSync(path, `${path}.torn`);
      else unlinkSync(path);
    } catch (error) {
      // Another process took the same file in and was faster.
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }

  /** As `#read`, with what keeps it from being read as a problem of that file alone. */
  #look(file: string): SpoolContents | undefined {
    try {
      return this.#read(file);
    } catch (error) {
      return { events: [], problems: [`cannot be read: ${whyNot(error)}`] };
    }
  }

  /** Undefined for a file that is gone, or that only a later redrain can take in. */
  #read(file: string): SpoolContents | undefined {
    try {
      const bytes = readPlainFile(join(this.#dir, file));
      return isOfLaterFormat(bytes) ? undefined : decodeSpool(bytes);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readPlainFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
