import { hash } from 'node:crypto';
import { type JobControl, yieldToOthers } from '../../retention/job-control.js';
import { type Finding, Findings } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './verification.sql.js';

interface PageRow {
  readonly seq: number;
  readonly eventId: string;
  readonly sha256: Buffer;
  readonly size: number;
  readonly class: string | null;
  readonly kind: 'gc' | 'archive' | 'redact' | null;
  /** In how many ways it may be selected: by its row in `live`, or as it is not filed yet. */
  readonly live: 0 | 1 | 2;
  readonly bytes: Buffer | null;
}

/** Events in memory at a time: even the largest allowed ones stay well below 100 MiB. */
const PAGE_SIZE = 64;

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
    const rows = page.all(after, PAGE_SIZE);
    for (const row of rows) {
      checkBytes(row, digests);
      checkClass(row, classes);
    }
    const last = rows.at(-1)?.seq;
    if (last === undefined) break;
    after = last;
    control.progress(after, head);
    await yieldToOthers();
  }
  return [digests.finding, classes.finding];
}

function checkBytes(row: PageRow, findings: Findings): void {
  const who = `event ${row.eventId} (${row.seq})`;
  if (row.bytes === null) {
    if (row.kind === null) findings.problem(`${who}: its bytes are gone without a record`);
  } else if (row.kind !== null)
    findings.problem(`${who}: its bytes are here, and a record says that they are gone`);
  else if (row.bytes.length !== row.size)
    findings.problem(`${who}: ${row.bytes.length} bytes, captured were ${row.size}`);
  else if (!hash('sha256', row.bytes, 'buffer').equals(row.sha256))
    findings.problem(`${who}: its bytes are not what was captured`);
}

const KIND_OF_CLASS: Readonly<Record<string, string>> = {
  archived: 'archive',
  purged: 'gc',
  redacted: 'redact',
};

function checkClass(row: PageRow, findings: Findings): void {
  const who = `event ${row.eventId} (${row.seq})`;
  const { class: mark, kind } = row;
  if (mark === null && row.live === 0) findings.problem(`${who}: nothing would ever select it`);
  if (row.live === 2) findings.problem(`${who}: it is filed, and would be filed again`);
  if (mark !== null && row.live > 0)
    findings.problem(`${who}: it is ${mark}, and would be selected all the same`);
  const wanted = mark === null ? null : (KIND_OF_CLASS[mark] ?? kind);
  if (kind !== wanted)
    findings.problem(`${who}: it is ${mark ?? 'live'}, its purge record says ${kind ?? 'nothing'}`);
}
