import { expect } from 'chai';
import type { OldQueueFile } from '../../../src/spec-kitty/legacy/old-queue-state.js';
import { oldQueues } from '../../../src/spec-kitty/legacy/old-queues.js';

const ACTIVE = '/home/queues/queue-aaaa.db';
const OTHER = '/home/queues/queue-bbbb.db';
const LEGACY = '/home/queue.db';

const file = (path: string, more: Partial<OldQueueFile> = {}): OldQueueFile => ({
  path,
  kind: path === LEGACY ? 'legacy' : 'scoped',
  digest: null,
  event_count: 5,
  waiting_count: 3,
  body_upload_count: 2,
  failure_log_count: 1,
  imported: false,
  ...more,
});

/** The fields of the document, and what waits. */
function sections(...files: OldQueueFile[]) {
  const { fields, waitingInScope, waitingElsewhere } = oldQueues(files, ACTIVE, LEGACY);
  return { ...fields, waitingInScope, waitingElsewhere };
}

describe('the old queues in the status', () => {
  it('are zeros where there are none', () => {
    expect(sections()).to.deep.equal({
      active_queue: { path: ACTIVE, event_count: 0, body_upload_count: 0 },
      legacy_queue: { path: LEGACY, event_count: 0, body_upload_count: 0, rows_in_scope: 0 },
      body_upload_compatibility: { body_upload_queue_count: 0, body_upload_failure_log_count: 0 },
      waitingInScope: 0,
      waitingElsewhere: 0,
    });
  });

  it('count what waits for this scope apart from what waits for others', () => {
    expect(sections(file(ACTIVE), file(OTHER, { waiting_count: 7 }), file(LEGACY))).to.deep.include(
      {
        active_queue: { path: ACTIVE, event_count: 5, body_upload_count: 2 },
        legacy_queue: { path: LEGACY, event_count: 5, body_upload_count: 2, rows_in_scope: 3 },
        body_upload_compatibility: { body_upload_queue_count: 6, body_upload_failure_log_count: 3 },
        waitingInScope: 6,
        waitingElsewhere: 7,
      },
    );
  });

  it('count a file once that is both the active and the legacy one', () => {
    expect(oldQueues([file(LEGACY)], LEGACY, LEGACY)).to.include({ waitingInScope: 3 });
  });

  it('do not wait once they are imported', () => {
    const imported = file(ACTIVE, { waiting_count: 0, imported: true });
    expect(sections(imported)).to.include({ waitingInScope: 0 });
  });

  it('show no zero that was not counted', () => {
    const broken = file(ACTIVE, {
      event_count: null,
      waiting_count: null,
      body_upload_count: null,
      failure_log_count: null,
      error: 'no database',
    });
    expect(sections(broken, file(LEGACY))).to.deep.include({
      active_queue: { path: ACTIVE, error: 'no database' },
      body_upload_compatibility: { error: `${ACTIVE}: no database` },
      legacy_queue: { path: LEGACY, event_count: 5, body_upload_count: 2, rows_in_scope: 3 },
    });
  });
});
