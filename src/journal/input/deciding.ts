import { arrayElements } from '../../json/elements.js';
import { type Member, topLevelMembers } from '../../json/members.js';
import { type JsonObject, keysOfPath } from './fields.js';

/**
 * The raw text of one event beside its parsed form: what JSON.parse does not
 * tell, the digits of a number and that a key stood there twice.
 */
export class RawEvent {
  readonly #bytes: Buffer;
  readonly #text: string;
  readonly #event: JsonObject;
  #members: readonly Member[] | undefined;
  #hasEscapes: boolean | undefined;

  constructor(bytes: Buffer, text: string, event: JsonObject) {
    this.#bytes = bytes;
    this.#text = text;
    this.#event = event;
  }

  /** Why readers would disagree on what stands under a dotted path, or undefined. */
  doubled(path: string): string | undefined {
    // Nearly every event ends here: nothing but the key itself is looked for.
    if (!path.includes('.') && !this.#mayStandTwice(path)) return undefined;
    const keys = keysOfPath(this.#event, path);
    if (!keys.some((key) => this.#mayStandTwice(key))) return undefined;
    let members = this.#topLevel();
    for (const [depth, key] of keys.entries()) {
      const same = members.filter((member) => member.key === key);
      if (same.length > 1) return doubledProblem(key, depth === 0, path);
      const [only] = same;
      if (only === undefined) return undefined;
      members = topLevelMembers(this.#bytes.subarray(only.valueStart, only.valueEnd)).map(
        (member) => shifted(member, only.valueStart),
      );
    }
    return undefined;
  }

  /** The text under a dotted path exactly as it stands in the input; of equal keys the last counts. */
  textAt(path: string): string | undefined {
    let value = this.#bytes;
    for (const key of keysOfPath(this.#event, path)) {
      const below = valueUnder(value, key);
      if (below === undefined) return undefined;
      value = below;
    }
    return value.toString('utf8');
  }

  #topLevel(): readonly Member[] {
    this.#members ??= topLevelMembers(this.#bytes);
    return this.#members;
  }

  /** One literal spelling and no escape anywhere is proof enough that there is no second. */
  #mayStandTwice(key: string): boolean {
    this.#hasEscapes ??= hasEscapes(this.#text);
    return this.#hasEscapes || spellsTwice(this.#text, key);
  }
}

/** Whether a character may stand there as something else. `indexOf` alone is fast for one character. */
const hasEscapes = (text: string): boolean =>
  text.indexOf('\\') >= 0 && (text.includes('\\u') || text.includes('\\/'));

/** Looks for the end first, from a character on that is rare: a search stops wherever its first one stands. */
function spellsTwice(text: string, key: string): boolean {
  const { first, tail } = spellingOf(key);
  let seen = 0;
  for (let at = text.indexOf(tail); at >= 0; at = text.indexOf(tail, at + tail.length)) {
    if (text.startsWith(first, at - first.length)) seen += 1;
    if (seen > 1) return true;
  }
  return false;
}

/** The literal of a key in two parts. */
interface Spelling {
  readonly first: string;
  readonly tail: string;
}

/** Cut before its last underscore, or behind its first character: quotes are everywhere in JSON. */
function spellingOf(key: string): Spelling {
  let spelling = SPELLINGS.get(key);
  if (spelling === undefined) {
    const literal = JSON.stringify(key);
    const cut = Math.max(literal.lastIndexOf('_'), 2);
    spelling = { first: literal.slice(0, cut), tail: literal.slice(cut) };
    if (SPELLINGS.size < MOST_SPELLINGS) SPELLINGS.set(key, spelling);
  }
  return spelling;
}

const MOST_SPELLINGS = 1_000;
const SPELLINGS = new Map<string, Spelling>();

function doubledProblem(key: string, isTop: boolean, path: string): string {
  const where = isTop ? `two top-level ${key} keys` : `two ${key} keys within ${path}`;
  return `${where}: parsers would disagree`;
}

const shifted = (member: Member, by: number): Member => ({
  key: member.key,
  start: member.start + by,
  keyEnd: member.keyEnd + by,
  valueStart: member.valueStart + by,
  valueEnd: member.valueEnd + by,
});

function valueUnder(bytes: Buffer, key: string): Buffer | undefined {
  const member = topLevelMembers(bytes).findLast((candidate) => candidate.key === key);
  if (member !== undefined) return bytes.subarray(member.valueStart, member.valueEnd);
  const range = bytes[0] === 0x5b ? arrayElements(bytes, 0).ranges[Number(key)] : undefined;
  return range && bytes.subarray(range[0], range[1]);
}
