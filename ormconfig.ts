import { resolveHome } from './src/config/home.js';
import { journalDataSource } from './src/sqlite/data-source.js';

/**
 * For TypeORM's own CLI, on the journal of the home in force:
 * `npx typeorm migration:show -d lib/ormconfig.js`.
 */
export default journalDataSource(resolveHome({ env: process.env }).journalDb);
