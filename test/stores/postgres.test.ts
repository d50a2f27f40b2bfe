import { openStores, openStoresReadOnly } from '../../src/postgres/stores.js';
import { assertLedgerInvariantOn } from '../support/invariant.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { temporaryHome } from '../support/temporary-home.js';
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

describe('stores on PostgreSQL:', () => {
  const journals = postgresJournals();

  async function open(): Promise<GivenStores> {
    const url = journals.forTest();
    const stores = await openStores(url, {}, () => 0.5);
    return {
      stores,
      home: temporaryHome(),
      another: () => openStoresReadOnly(url),
      close: async () => {
        await assertLedgerInvariantOn(stores.db);
        await stores.close();
      },
    };
  }

  describeOpenJournal('PostgreSQL', open);
  describeJournalStore('PostgreSQL', open);
  describeDeliveryLedger('PostgreSQL', open);
  describeRequeueStore('PostgreSQL', open);
  describeTargetLock('PostgreSQL', open);
  describeTargetRegistry('PostgreSQL', open);
  describeAuditLog('PostgreSQL', open);
  describeConflictStore('PostgreSQL', open);
  describeImportStore('PostgreSQL', open);
  describeRetentionStore('PostgreSQL', open);
  describeRestoreStore('PostgreSQL', open);
  describeRedactionStore('PostgreSQL', open);
  describeJournalSpace('PostgreSQL', open);
  describeVerification('PostgreSQL', open);
  describeReports('PostgreSQL', open);
  describeEdgeStore('PostgreSQL', open);
});
