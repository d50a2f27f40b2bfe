import { join } from 'node:path';
import { openStores, openStoresReadOnly } from '../../src/sqlite/stores.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { stateOf, temporaryHome } from '../support/temporary-home.js';
import { describeAuditLog } from './audit-log-suite.js';
import { describeConflictStore } from './conflict-store-suite.js';
import { describeDeliveryLedger } from './delivery-ledger-suite.js';
import { describeEdgeStore } from './edge-store-suite.js';
import type { GivenStores } from './given-stores.js';
import { describeImportStore } from './import-store-suite.js';
import { describeJournalSpace } from './journal-space-suite.js';
import { describeJournalStore } from './journal-store-suite.js';
import { describeOpenJournal } from './open-journal-suite.js';
import { describeRedactionStore } from './redaction-store-suite.js';
import { describeReports } from './reports-suite.js';
import { describeRequeueStore } from './requeue-store-suite.js';
import { describeRestoreStore } from './restore-store-suite.js';
import { describeRetentionStore } from './retention-store-suite.js';
import { describeTargetLock } from './target-lock-suite.js';
import { describeTargetRegistry } from './target-registry-suite.js';
import { describeVerification } from './verification-suite.js';

/** Whatever a suite did, rows and counters of the ledger agree after it. */
async function open(): Promise<GivenStores> {
  const home = temporaryHome();
  const file = join(stateOf(home), 'journal.db');
  const stores = await openStores(file, {}, () => 0.5);
  const close = async (): Promise<void> => {
    assertLedgerInvariant(stores);
    await stores.close();
  };
  const another = () => openStoresReadOnly(file, () => 0.5);
  return { stores, home, another, close };
}

describeOpenJournal('SQLite', open);
describeJournalStore('SQLite', open);
describeDeliveryLedger('SQLite', open);
describeRequeueStore('SQLite', open);
describeTargetLock('SQLite', open);
describeTargetRegistry('SQLite', open);
describeAuditLog('SQLite', open);
describeConflictStore('SQLite', open);
describeImportStore('SQLite', open);
describeRetentionStore('SQLite', open);
describeRestoreStore('SQLite', open);
describeRedactionStore('SQLite', open);
describeVerification('SQLite', open);
describeJournalSpace('SQLite', open);
describeReports('SQLite', open);
describeEdgeStore('SQLite', open);
