import fc from 'fast-check';
import { rounds } from './rounds.js';

/** Any number: `npm test` tries the same cases each time, `npm run test:long` and `npm run soak` new ones. */
const SEED = 20_261_126;

const seed = rounds<number | undefined>(SEED, undefined);
if (seed !== undefined) fc.configureGlobal({ seed });
