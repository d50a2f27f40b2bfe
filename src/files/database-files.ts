import { assertRoomForIndex, type Refusal } from './log-index.js';
import { OpenedDatabase } from './opened-database.js';
import { StorageUnavailableError } from './storage-errors.js';

const refusal: Refusal = (file, trouble, detail) =>
  new StorageUnavailableError(file, trouble, detail);

/** The files of a database that is about to be opened. @throws StorageUnavailableError. */
export const openedDatabase = (file: string): OpenedDatabase => new OpenedDatabase(file, refusal);

/** Before a database is opened to be read. @throws StorageUnavailableError when the disk is too full. */
export const assertRoomToRead = (file: string): void => assertRoomForIndex(file, refusal);
