import { OsLock } from '../../../src/files/os-lock.js';
import { readyToGo, report, requestOf } from './child-protocol.js';

/** Takes a lock and holds it until it is told to go on, or is killed. */
const { file } = requestOf<{ file: string }>();
const lock = OsLock.tryAcquire(file);
await readyToGo();
lock?.release();
report({ held: lock !== undefined });
