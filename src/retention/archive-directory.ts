import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { step } from '../base/steps.js';
import { makeDirectory, syncEntries } from '../files/directory.js';
import { replaceFile, UNFINISHED } from '../files/durable-file.js';
import { readPlainFile } from '../files/plain-file.js';
import { errorCode } from '../files/storage-errors.js';
import {
  type ArchiveManifest,
  archiveIdOf,
  manifestName,
  readManifest,
  UnknownArchiveError,
} from './archive-manifest.js';

/** `<home>/redrain/archive/`: a data file and a manifest for each archive. */
export class ArchiveDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Created for its owner alone when it is missing. */
  ensure(): void {
    makeDirectory(this.path);
    // Also when a process that was killed made it.
    syncEntries(this.path, 1);
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** Paths of all manifests, oldest first; none when there is no directory. */
  manifests(): string[] {
    return this.#names()
      .filter(
        (name) => archiveIdOf(name) !== undefined && manifestName(archiveIdOf(name)!) === name,
      )
      .sort()
      .map((name) => this.pathOf(name));
  }

  /** The text of a manifest as it is now; undefined when it is not there. */
  async manifestText(path: string): Promise<Buffer | undefined> {
    try {
      return readPlainFile(path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  writeManifest(manifest: ArchiveManifest): void {
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    replaceFile(this.pathOf(manifestName(manifest.id)), text, () =>
      step('archive.manifest-synced'),
    );
  }

  /**
   * Removes what a killed run left: unfinished files, and data files that no
   * manifest names. Bytes leave the journal only after the manifest is
   * durable, so their events are all still there, or in the file that took
   * their place. `isNeeded` decides about archives whose manifest somebody lost.
   */
  async removeLeftovers(isNeeded: (archiveId: string) => Promise<boolean>): Promise<void> {
    for (const name of this.#names())
      if (await this.#isLeftover(name, isNeeded)) rmSync(this.pathOf(name), { force: true });
  }

  async #isLeftover(
    name: string,
    isNeeded: (archiveId: string) => Promise<boolean>,
  ): Promise<boolean> {
    const unfinished = name.endsWith(UNFINISHED);
    const id = archiveIdOf(unfinished ? name.slice(0, -UNFINISHED.length) : name);
    if (id === undefined || name === manifestName(id)) return false;
    if (unfinished) return true;
    try {
      return readManifest(this.pathOf(manifestName(id))).file !== name;
    } catch (error) {
      return error instanceof UnknownArchiveError && !(await isNeeded(id));
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }
}
