import type { SqliteStores } from '../sqlite/stores.js';

/** With the connection, which some use cases still take: becomes `Stores` of `src/stores.ts` when none does. */
export type Stores = SqliteStores;
