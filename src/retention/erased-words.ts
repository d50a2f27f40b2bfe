import { fromRanges, rangesContain, type SeqRanges } from '../ledger/seq-ranges.js';
import { ERASED } from './redaction-store.js';

/** A post, as an engine reads it to find what a server said of an event. */
export interface PostTrace {
  readonly id: number;
  readonly targetId: number;
  /** JSON: ranges of sequence numbers by outcome. */
  readonly outcomes: string;
  readonly error: string | null;
}

/** What a server said of one event, at one target, in one generation. */
export interface Words {
  readonly targetId: number;
  readonly seq: number;
  readonly generation: number;
  readonly error: string | null;
  readonly response: string | null;
  /** A server's own word for where a pending event is. */
  readonly state: string | null;
}

/** The ranges of a post, one list for each outcome. */
export const rangesOf = ({ outcomes }: PostTrace): SeqRanges[] =>
  Object.values(JSON.parse(outcomes) as Record<string, SeqRanges>);

/** Whether a post carried this event. */
export const carried = (post: PostTrace, seq: number): boolean =>
  rangesOf(post).some((ranges) => rangesContain(ranges, seq));

/** Every event that travelled in one of these posts. */
export const companyOf = (posts: readonly PostTrace[]): number[] => [
  ...new Set(posts.flatMap(rangesOf).flatMap(fromRanges)),
];

/** The words as they are to be kept; undefined where nothing of them goes. */
export function erasedWords(words: Words, isToGo: (text: string) => boolean): Words | undefined {
  const error = erasedText(words.error, isToGo, ERASED);
  const response = erasedText(words.response, isToGo, null);
  const state = erasedText(words.state, isToGo, null);
  const isSame = error === words.error && response === words.response && state === words.state;
  const { targetId, seq, generation } = words;
  return isSame ? undefined : { targetId, seq, generation, error, response, state };
}

function erasedText(
  text: string | null,
  isToGo: (text: string) => boolean,
  instead: string | null,
): string | null {
  return text !== null && text !== ERASED && isToGo(text) ? instead : text;
}
