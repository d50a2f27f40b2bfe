import { turn } from '../base/pace.js';
import { parsed, toJson } from './job-row.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { StoredText, TextEdit } from './ports.js';

/** A row with texts in it: which columns, and how a new text is written. */
interface Place {
  readonly list: string;
  readonly read: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly kind: StoredText['kind'];
  readonly isJson: boolean;
  readonly write: string;
}

const PLACES: readonly Place[] = [
  {
    list: sql.JOBS,
    read: sql.READ_JOB,
    columns: [
      { kind: 'data', isJson: true, write: sql.WRITE_DATA },
      { kind: 'progress', isJson: true, write: sql.WRITE_PROGRESS },
      { kind: 'returnvalue', isJson: true, write: sql.WRITE_RETURNVALUE },
      { kind: 'failedReason', isJson: false, write: sql.WRITE_FAILED_REASON },
      { kind: 'warning', isJson: true, write: sql.WRITE_WARNING },
    ],
  },
  {
    list: sql.SCHEDULERS,
    read: sql.READ_SCHEDULER,
    columns: [{ kind: 'template', isJson: true, write: sql.WRITE_TEMPLATE }],
  },
  {
    list: sql.EVENTS,
    read: sql.READ_EVENT,
    columns: [{ kind: 'event', isJson: true, write: sql.WRITE_EVENT }],
  },
];

type Key = Readonly<Record<string, string | number>>;

/**
 * Goes through every text that jobs.db holds and puts what `edit` returns in
 * its place. One row is one transaction, which finds the row as it is then;
 * what was overwritten leaves no trace in its page. Returns how many changed.
 */
export async function editTexts(db: JobsDatabase, edit: TextEdit): Promise<number> {
  let changed = 0;
  db.overwriteDeleted();
  for (const place of PLACES)
    for (const key of db.statement(place.list).all() as Key[]) {
      changed += await editRow(db, place, key, edit);
      await turn();
    }
  return changed;
}

async function editRow(db: JobsDatabase, place: Place, key: Key, edit: TextEdit): Promise<number> {
  // A look first: most rows stay as they are, and need no lock for that.
  if (editsOf(db, place, key, edit).length === 0) return 0;
  return db.write(() => {
    const edits = editsOf(db, place, key, edit);
    for (const { write, text } of edits) db.statement(write).run({ ...key, text });
    return edits.length;
  });
}

function editsOf(db: JobsDatabase, { read, columns }: Place, key: Key, edit: TextEdit) {
  const row = db.statement(read).get(key) as Record<string, string | number | null> | undefined;
  if (row === undefined) return [];
  return columns.flatMap(({ kind, isJson, write }) => {
    const text = row[kind];
    if (typeof text !== 'string') return [];
    const value = isJson ? parsed(text) : text;
    const about = { queue: String(row.queue), id: String(row.id), started: row.started === 1 };
    const instead = edit({ ...about, state: String(row.state ?? ''), kind, value });
    if (instead === value) return [];
    return [{ write, text: isJson ? toJson(instead) : String(instead) }];
  });
}
