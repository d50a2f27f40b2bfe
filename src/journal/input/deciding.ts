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
    this.#hasEscapes ??= this.#text.includes('\\u') || this.#text.includes('\\/');
    return this.#hasEscapes || spellsTwice(this.#text, key);
  }
}

/** Looks for the end first: a search that begins with a quote stops at every quote of the JSON. */
function spellsTwice(text: string, key: string): boolean {
  const { first, tail } = spellingOf(key);
  const found = text.indexOf(tail);
  if (found < 0 || text.indexOf(tail, found + tail.length) < 0) return false;
  let seen = 0;
  for (let at = text.indexOf(tail); at >= 0; at = text.indexOf(tail, at + tail.length)) {
    if (text.startsWith(first, at - 2)) seen += 1;
    if (seen > 1) return true;
  }
  return false;
}

/** The literal of a key, cut behind its first character. */
function spellingOf(key: string): { readonly first: string; readonly tail: string } {
  let spelling = SPELLINGS.get(key);
  if (spelling === undefined) {
    const literal = JSON.stringify(key);
    spelling = { first: literal.slice(0, 2), tail: literal.slice(2) };
    if (SPELLINGS.size < MOST_SPELLINGS) SPELLINGS.set(key, spelling);
  }
  return spelling;
}

const MOST_SPELLINGS = 1_000;
const SPELLINGS = new Map<string, { readonly first: string; readonly tail: string }>();

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
