import {
  carried,
  companyOf,
  erasedWords,
  type PostTrace,
  rangesOf,
  type Words,
} from '../../retention/erased-words.js';
import { ERASED } from '../../retention/redaction-store.js';
import type { RepeatedContent } from '../../retention/repeated-content.js';
import type { JournalDatabase } from '../journal-database.js';
import { withCauses } from '../ledger/causes.js';
import * as sql from './retention.sql.js';

interface CauseRow {
  readonly targetId: number;
  readonly status: string;
  readonly text: string;
  readonly events: number;
}

/**
 * Erases what servers answered about an event, inside a transaction that the
 * caller holds: all words about the event itself; of the posts it was part of,
 * and of the events it travelled with, those that repeat it. Returns how many
 * texts went.
 */
export function eraseAnswers(
  db: JournalDatabase,
  seqs: readonly number[],
  content: RepeatedContent,
): number {
  const posts = seqs.flatMap((seq) => postsWith(db, seq));
  let erased = 0;
  withCauses(db, companyOf(posts), () => {
    erased = eraseOwnWords(db, seqs) + eraseOfPosts(db, posts, content);
  });
  return erased + eraseCauses(db, content) + eraseTargetMessages(db, content);
}

function eraseOwnWords(db: JournalDatabase, seqs: readonly number[]): number {
  const targets = db.statement(sql.TARGET_IDS).all() as { id: number }[];
  let erased = 0;
  for (const seq of seqs)
    for (const { id } of targets) erased += eraseWords(db, id, [seq, seq], () => true);
  return erased;
}

function eraseOfPosts(
  db: JournalDatabase,
  posts: readonly PostTrace[],
  content: RepeatedContent,
): number {
  let erased = 0;
  for (const post of posts) {
    erased += erasePost(db, post, content);
    for (const range of rangesOf(post).flat())
      erased += eraseWords(db, post.targetId, range, (text) => content.isIn(text));
  }
  return erased;
}

function postsWith(db: JournalDatabase, seq: number): PostTrace[] {
  const rows = db.statement(sql.POSTS_WITH).all({ seq }) as PostTrace[];
  return rows.filter((post) => carried(post, seq));
}

function erasePost(
  db: JournalDatabase,
  { id, error }: PostTrace,
  content: RepeatedContent,
): number {
  if (error === null || error === ERASED || !content.isIn(error)) return 0;
  return db.statement(sql.ERASE_POST).run({ id, text: ERASED }).changes;
}

function eraseWords(
  db: JournalDatabase,
  targetId: number,
  [first, last]: readonly [number, number],
  isToGo: (text: string) => boolean,
): number {
  let erased = 0;
  for (const [i, find] of sql.WORDS_ON.entries())
    for (const words of db.statement(find).all({ targetId, first, last }) as Words[]) {
      const row = erasedWords(words, isToGo);
      if (row === undefined) continue;
      erased += db.statement(sql.ERASE_WORDS[i] as string).run(row).changes;
    }
  return erased;
}

/** The counts of a cause stay, under the empty text: "cause not recorded". */
function eraseCauses(db: JournalDatabase, content: RepeatedContent): number {
  const rows = db.statement(sql.NAMED_CAUSES).all() as CauseRow[];
  const found = rows.filter(({ text }) => text !== ERASED && content.isIn(text));
  for (const row of found) {
    db.statement(sql.DROP_CAUSE).run(row);
    db.statement(sql.COUNT_WITHOUT_CAUSE).run(row);
  }
  return found.length;
}

function eraseTargetMessages(db: JournalDatabase, content: RepeatedContent): number {
  const rows = db.statement(sql.TARGET_MESSAGES).all() as { id: number; message: string }[];
  const found = rows.filter(({ message }) => message !== ERASED && content.isIn(message));
  for (const { id } of found) db.statement(sql.ERASE_TARGET_MESSAGE).run({ id, text: ERASED });
  return found.length;
}
