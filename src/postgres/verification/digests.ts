import {
  CHECKED_AT_ONCE,
  type CheckedRow,
  checkBytes,
  checkClass,
} from '../../retention/digest-checks.js';
import type { JobControl } from '../../retention/job-control.js';
import { type Finding, Findings } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './verification.sql.js';

interface HeadRow {
  readonly head: number;
  readonly events: number;
  readonly first: number;
  readonly last: number;
}

interface PageRow extends Omit<CheckedRow, 'bytes'> {
  readonly length: number | null;
  readonly isWhole: boolean | null;
}

/**
 * Recomputes the digest of every payload, in the server, and compares class, purge record
 * and selection of every event. One short read after another: none keeps the server from
 * clearing away what others have deleted.
 */
export async function checkDigests(db: JournalDatabase, control: JobControl): Promise<Finding[]> {
  const digests = new Findings('digests');
  const classes = new Findings('classes');
  const head = await checkNumbers(db, classes);
  for (const { eventId } of await db.all<{ eventId: string }>(sql.TWICE_LIVE))
    classes.problem(`event ${eventId}: more than one revision of it would be selected`);
  for (let after = 0; !control.signal.aborted; ) {
    const rows = await db.all<PageRow>(sql.PAGE, { after, limit: CHECKED_AT_ONCE });
    for (const row of rows.map(checked)) {
      checkBytes(row, digests);
      checkClass(row, classes);
    }
    const last = rows.at(-1)?.seq;
    if (last === undefined) break;
    after = last;
    control.progress(after, Math.max(head, after));
  }
  return [digests.finding, classes.finding];
}

/** Numbers begin with 1 and have no gaps; the head is the last of them. */
async function checkNumbers(db: JournalDatabase, findings: Findings): Promise<number> {
  const row = await db.get<HeadRow>(sql.HEAD);
  if (row === undefined) {
    findings.problem('the journal has no head');
    return 0;
  }
  const { head, events, first, last } = row;
  const missing = last - events;
  if (missing > 0) findings.problem(`${missing} rows of the journal are missing`);
  if (first < 1) findings.problem(`the journal begins with number ${first}`);
  if (head !== last)
    findings.problem(`the head of the journal says ${head}, its last event is number ${last}`);
  return head;
}

function checked({ length, isWhole, ...row }: PageRow): CheckedRow {
  return { ...row, bytes: length === null ? null : { length, isWhole: isWhole === true } };
}

/** How many events there are; 0 where that cannot be read, and the checks say so. */
export async function countEvents(db: JournalDatabase): Promise<number> {
  try {
    return (await db.get<HeadRow>(sql.HEAD))?.events ?? 0;
  } catch {
    return 0;
  }
}
