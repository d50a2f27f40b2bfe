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
import { withCauses } from '../ledger/causes.js';
import type { Transaction } from '../transaction.js';
import * as sql from './redaction.sql.js';

interface CauseRow {
  readonly targetId: number;
  readonly status: string;
  readonly text: string;
  readonly events: number;
}

/** A range of sequence numbers at one target. */
interface Stretch {
  readonly targetId: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Erases what servers answered about an event, in a transaction that holds `journal` and
 * `classes`: all words about the event itself; of the posts it was part of, and of the
 * events it travelled with, those that repeat it. Returns how many texts went.
 */
export async function eraseAnswers(
  tx: Transaction,
  seqs: readonly number[],
  content: RepeatedContent,
): Promise<number> {
  const rows = await tx.all<PostTrace>(sql.POSTS_WITH, { seqs });
  const posts = rows.filter((post) => seqs.some((seq) => carried(post, seq)));
  let erased = 0;
  await withCauses(tx, companyOf(posts), async () => {
    erased = (await eraseOwnWords(tx, seqs)) + (await eraseOfPosts(tx, posts, content));
  });
  const causes = await eraseCauses(tx, content);
  return erased + causes + (await eraseTargetMessages(tx, content));
}

async function eraseOwnWords(tx: Transaction, seqs: readonly number[]): Promise<number> {
  const targets = await tx.all<{ id: number }>(sql.TARGET_IDS);
  const places = targets.flatMap(({ id }) =>
    seqs.map((seq) => ({ targetId: id, first: seq, last: seq })),
  );
  return eraseWords(tx, places, () => true);
}

async function eraseOfPosts(
  tx: Transaction,
  posts: readonly PostTrace[],
  content: RepeatedContent,
): Promise<number> {
  let erased = 0;
  for (const post of posts) {
    erased += await erasePost(tx, post, content);
    const ranges = rangesOf(post).flat();
    const places = ranges.map(([first, last]) => ({ targetId: post.targetId, first, last }));
    erased += await eraseWords(tx, places, (text) => content.isIn(text));
  }
  return erased;
}

async function erasePost(
  tx: Transaction,
  { id, error }: PostTrace,
  content: RepeatedContent,
): Promise<number> {
  if (error === null || error === ERASED || !content.isIn(error)) return 0;
  return tx.run(sql.ERASE_POST, { id, text: ERASED });
}

async function eraseWords(
  tx: Transaction,
  places: readonly Stretch[],
  isToGo: (text: string) => boolean,
): Promise<number> {
  const asked = {
    targetIds: places.map(({ targetId }) => targetId),
    firsts: places.map(({ first }) => first),
    lasts: places.map(({ last }) => last),
  };
  let erased = 0;
  for (const [i, find] of sql.WORDS_ON.entries()) {
    const found = await tx.all<Words>(find, asked);
    const rows = found.flatMap((words) => erasedWords(words, isToGo) ?? []);
    if (rows.length === 0) continue;
    erased += await tx.run(sql.ERASE_WORDS[i] as string, { rows: JSON.stringify(rows) });
  }
  return erased;
}

/** The counts of a cause stay, under the empty text: "cause not recorded". */
async function eraseCauses(tx: Transaction, content: RepeatedContent): Promise<number> {
  const rows = await tx.all<CauseRow>(sql.NAMED_CAUSES);
  const found = rows.filter(({ text }) => text !== ERASED && content.isIn(text));
  if (found.length === 0) return 0;
  const keys = {
    targetIds: found.map(({ targetId }) => targetId),
    statuses: found.map(({ status }) => status),
  };
  await tx.run(sql.DROP_CAUSES, { ...keys, texts: found.map(({ text }) => text) });
  const events = found.map((row) => row.events);
  await tx.run(sql.COUNT_WITHOUT_CAUSE, { ...keys, events });
  return found.length;
}

async function eraseTargetMessages(tx: Transaction, content: RepeatedContent): Promise<number> {
  const rows = await tx.all<{ id: number; message: string }>(sql.TARGET_MESSAGES);
  const found = rows.filter(({ message }) => message !== ERASED && content.isIn(message));
  if (found.length === 0) return 0;
  const ids = found.map(({ id }) => id);
  return tx.run(sql.ERASE_TARGET_MESSAGES, { ids, text: ERASED });
}
