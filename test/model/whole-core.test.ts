import { openCore } from '../support/core.js';
import { PROGRAMS } from './parameters.js';
import { sqliteEngine } from './sqlite-engine.js';
import { describeWholeCore } from './whole-core.js';

describeWholeCore({ name: 'SQLite', option: 'sqlite' }, PROGRAMS.sqlite, async () => {
  const core = await openCore();
  core.db.close();
  return sqliteEngine(core.file);
});
