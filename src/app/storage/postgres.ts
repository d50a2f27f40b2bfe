import { dirname } from 'node:path';
import { fillAddress } from '../../address/fill-address.js';
import { shownAddress } from '../../address/shown-address.js';
import { RedrainError } from '../../base/error.js';
import { EXIT } from '../../base/exit-codes.js';
import { makeDirectory } from '../../files/directory.js';
import { replaceFile } from '../../files/durable-file.js';
import { isPlainFile } from '../../files/private-file.js';
import type { JournalDestination } from '../../transfer/ports.js';
import type { Administration, Engine } from './engine.js';

/** A rehearsal would need a copy of the journal, and there is none of one on a server. */
export class NoRehearsalError extends RedrainError {
  override readonly name = 'NoRehearsalError';
  readonly code = 'NO_REHEARSAL';
  override readonly exitCode = EXIT.usage;
  constructor(shown: string) {
    super(
      `a rehearsal works on a copy of the journal, and the journal is in the ${shown}, which is not copied: leave --dry-run out`,
    );
  }
}

/** The storage URL has a variable that is not set. */
export class StorageVariableError extends RedrainError {
  override readonly name = 'StorageVariableError';
  readonly code = 'STORAGE_VARIABLE_MISSING';
  override readonly exitCode = EXIT.badInput;
  constructor(address: string, variable: string) {
    super(
      `the storage URL, ${shownAddress(address)}, needs the variable ${variable}: it is not set`,
    );
  }
}

interface Given {
  readonly env: NodeJS.ProcessEnv;
  random(): number;
}

/**
 * The journal on a PostgreSQL server. `noteFile` keeps in the home that it is there: a
 * config.toml that cannot be read is then no reason to begin another journal.
 *
 * @throws StorageVariableError, StorageUrlError.
 */
export async function postgresEngine(
  configured: string,
  given: Given,
  noteFile: string,
): Promise<Engine> {
  const address = filledAddress(configured, given.env);
  const { openStores, openStoresReadOnly, placeOf, rolesOf } = await import(
    '../../postgres/stores.js'
  );
  const { shown, schema } = placeOf(address);
  const random = () => given.random();
  const openToRead = () => openStoresReadOnly(address, random);
  return {
    kind: 'postgres',
    shown,
    administration: administrationOf(address, rolesOf(schema).gc),
    async exists() {
      const stores = await openToRead();
      await stores?.close();
      return stores !== undefined;
    },
    async open(options) {
      const stores = await openStores(address, options, random);
      if (!isPlainFile(noteFile)) {
        makeDirectory(dirname(noteFile));
        replaceFile(noteFile, `${shown}\n`);
      }
      return stores;
    },
    openToRead,
    async openCopy() {
      throw new NoRehearsalError(shown);
    },
  };
}

/** Loaded by the commands that need it. */
function administrationOf(address: string, retentionRole: string): Administration {
  const load = () => import('../../postgres/administration.js');
  return {
    retentionRole,
    init: async (withRoles) => (await load()).initStorage(address, withRoles),
    migrate: async () => (await load()).migrateStorage(address),
    initScript: async (withRoles) => (await load()).initScript(address, withRoles),
    migrateScript: async () => (await load()).migrateScript(address),
    async check() {
      const { checkStorage } = await import('../../postgres/check.js');
      return (await checkStorage(address)).map(({ name, state, message, advice }) => ({
        check: name,
        status: state,
        message,
        command: advice,
      }));
    },
  };
}

/**
 * A journal that is to be filled from a file.
 *
 * @throws as `postgresEngine`; StorageUnavailableError, MissingDriverError, ServerUnsuitableError.
 */
export async function openDestination(
  configured: string,
  env: NodeJS.ProcessEnv,
): Promise<JournalDestination> {
  const address = filledAddress(configured, env);
  const { PostgresDestination } = await import('../../postgres/transfer/destination.js');
  return PostgresDestination.open(address);
}

function filledAddress(configured: string, env: NodeJS.ProcessEnv): string {
  const filled = fillAddress(configured, env);
  if ('missing' in filled) throw new StorageVariableError(configured, filled.missing);
  return filled.address;
}
