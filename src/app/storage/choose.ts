import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigDocument, ConfigUnreadableError } from '../../config/document.js';
import type { HomePaths } from '../../config/home.js';
import type { Engine } from './engine.js';
import { sqliteEngine } from './sqlite.js';

/** What the choice depends on. */
export interface StorageHome {
  readonly paths: HomePaths;
  readonly env: NodeJS.ProcessEnv;
  readConfig(): Promise<ConfigDocument>;
  random(): number;
}

/**
 * The engine that `REDRAIN_STORAGE_URL` or `storage.url` of config.toml names; without either the
 * journal is a file in the home.
 *
 * @throws StorageUrlError; ConfigUnreadableError where the journal was on a server before, and
 * nobody can tell where.
 */
export async function chooseEngine(home: StorageHome): Promise<Engine> {
  const address = await storageAddress(home);
  if (address === undefined) return sqliteEngine(home.paths.journalDb, () => home.random());
  const { postgresEngine } = await import('./postgres.js');
  return postgresEngine(address, home, noteFile(home));
}

/** As it is written, for whoever fills its variables. @throws ConfigUnreadableError. */
export async function storageAddress(home: StorageHome): Promise<string | undefined> {
  return home.env.REDRAIN_STORAGE_URL?.trim() || (await configuredAddress(home)) || undefined;
}

async function configuredAddress(home: StorageHome): Promise<string | undefined> {
  const config = await home.readConfig();
  if (config.state !== 'unreadable') return config.settings.storageUrl;
  if (existsSync(noteFile(home))) throw new ConfigUnreadableError(config.path, config.reason);
  return undefined;
}

/** Says that the journal of this home is on a server, and on which. */
export const noteFile = ({ paths }: StorageHome): string => join(paths.state, 'journal-place');
