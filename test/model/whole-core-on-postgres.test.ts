import { postgresJournals } from '../support/postgres-journal.js';
import { PROGRAMS } from './parameters.js';
import { postgresEngine } from './postgres-engine.js';
import { describeWholeCore } from './whole-core.js';

describe('on a server:', () => {
  const journals = postgresJournals();

  describeWholeCore({ name: 'PostgreSQL', option: 'postgres' }, PROGRAMS.postgres, async () =>
    postgresEngine(journals),
  );
});
