import type { Operation } from '../operation.js';
import { CAPTURING } from './capturing.js';
import { DECIDING } from './deciding.js';
import { DRAINING } from './draining.js';
import { MIGRATING } from './migrating.js';
import { RETAINING } from './retaining.js';
import { REWRITING } from './rewriting.js';
import { WORKING } from './working.js';

/** Everything that is killed, and that meets a full disk. */
export const OPERATIONS: readonly Operation[] = [
  ...CAPTURING,
  ...DRAINING,
  ...MIGRATING,
  ...RETAINING,
  ...REWRITING,
  ...DECIDING,
  ...WORKING,
];
