import { hash } from 'node:crypto';
import {
  CHECKED_AT_ONCE,
  type CheckedRow,
  checkBytes,
  checkClass,
} from '../../retention/digest-checks.js';
import { type JobControl, yieldToOthers } from '../../retention/job-control.js';
import { type Finding, Findings } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './verification.sql.js';

interface PageRow extends Omit<CheckedRow, 'isLive' | 'bytes'> {
  readonly sha256: Buffer;
  /** In how many ways it may be selected: by its row in `live`, or as it is not filed yet. */
  readonly live: 0 | 1 | 2;
  readonly bytes: Buffer | null;
}

/**
 * Recomputes the digest of every payload, and compares class, purge record and
 * selection of every event. One short read after another: no writer waits, and
 * the log can be emptied in between.
 */
export async function checkDigests(db: JournalDatabase, control: JobControl): Promise<Finding[]> {
  const digests = new Findings('digests');
  const classes = new Findings('classes');
  for (const { eventId } of db.statement(sql.TWICE_LIVE).iterate() as Iterable<{ eventId: string }>)
    classes.problem(`event ${eventId}: more than one revision of it would be selected`);
  const page = db.statement<[number, number], PageRow>(sql.PAGE);
  const { head, events } = db.statement(sql.HEAD).get() as { head: number; events: number };
  if (events !== head) classes.problem(`${head - events} rows of the journal are missing`);
  for (let after = 0; !control.signal.aborted; ) {
    const rows = page.all(after, CHECKED_AT_ONCE);
    for (const page of rows) {
      const row = checked(page);
      checkBytes(row, digests);
      checkClass(row, classes);
      if (page.live === 2)
        classes.problem(`event ${row.eventId} (${row.seq}): it is filed, and would be filed again`);
    }
    const last = rows.at(-1)?.seq;
    if (last === undefined) break;
    after = last;
    control.progress(after, head);
    await yieldToOthers();
  }
  return [digests.finding, classes.finding];
}

/** Column by column: a copy of the whole row takes longer than its digest. */
function checked({
  seq,
  eventId,
  sha256,
  size,
  class: mark,
  kind,
  live,
  bytes,
}: PageRow): CheckedRow {
  // Compared as texts: a buffer for each digest takes longer than the comparison.
  const isWhole = bytes !== null && hash('sha256', bytes, 'binary') === sha256.toString('binary');
  const found = bytes === null ? null : { length: bytes.length, isWhole };
  return { seq, eventId, size, class: mark, kind, isLive: live > 0, bytes: found };
}
