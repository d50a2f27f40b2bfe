import { join } from 'node:path';
import { openStores } from '../../src/sqlite/stores.js';
import { temporaryHome } from '../support/temporary-home.js';
import type { GivenStores } from './given-stores.js';
import { describeJournalSpace } from './journal-space-suite.js';
import { describeRedactionStore } from './redaction-store-suite.js';
import { describeRestoreStore } from './restore-store-suite.js';
import { describeRetentionStore } from './retention-store-suite.js';
import { describeVerification } from './verification-suite.js';

async function open(): Promise<GivenStores> {
  const home = temporaryHome();
  const stores = await openStores(join(home, 'redrain', 'journal.db'), {}, () => 0.5);
  return { stores, home, close: () => stores.close() };
}

describeRetentionStore('SQLite', open);
describeRestoreStore('SQLite', open);
describeRedactionStore('SQLite', open);
describeVerification('SQLite', open);
describeJournalSpace('SQLite', open);
