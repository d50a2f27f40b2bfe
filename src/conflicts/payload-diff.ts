import { canonicalBytes, sameValue } from '../json/canonical.js';
import { arrayElements } from '../json/elements.js';
import { topLevelMembers } from '../json/members.js';

/** One place where two payloads differ; null where one of them has nothing there. Texts as written. */
export interface Difference {
  /** `payload.from_lane`, `items[3]`; empty for the whole. */
  readonly path: string;
  readonly journal: string | null;
  readonly incoming: string | null;
}

/** Below this many levels, and above this many places, values are compared as a whole. */
const DEEPEST = 20;
const MOST_PLACES = 500;

/**
 * Where two payloads differ by value, in the order of the journal's. Values
 * are shown exactly as written: numbers keep their digits. Two texts that are
 * not both JSON differ as a whole.
 */
export function payloadDifferences(journal: Buffer, incoming: Buffer): Difference[] {
  const differences: Difference[] = [];
  const areJson = canonicalBytes(journal) !== undefined && canonicalBytes(incoming) !== undefined;
  compare({ path: '', journal, incoming }, areJson ? 0 : DEEPEST, differences);
  return differences;
}

interface Pair {
  readonly path: string;
  readonly journal: Buffer | undefined;
  readonly incoming: Buffer | undefined;
}

function compare(pair: Pair, depth: number, into: Difference[]): void {
  const { journal, incoming } = pair;
  if (journal !== undefined && incoming !== undefined && sameValue(journal, incoming)) return;
  const inner = depth < DEEPEST && into.length < MOST_PLACES ? partsOf(pair) : undefined;
  if (inner === undefined) into.push(shown(pair));
  else for (const part of inner) compare(part, depth + 1, into);
}

/** The members or elements of both, where both are of the same kind. */
function partsOf({ path, journal, incoming }: Pair): Pair[] | undefined {
  if (journal === undefined || incoming === undefined) return undefined;
  const kinds = [kindOf(journal), kindOf(incoming)];
  if (kinds[0] !== kinds[1] || kinds[0] === 'scalar') return undefined;
  const left = childrenOf(journal, path);
  const right = childrenOf(incoming, path);
  const paths = new Set([...left.keys(), ...right.keys()]);
  return [...paths].map((one) => ({ path: one, journal: left.get(one), incoming: right.get(one) }));
}

function kindOf(text: Buffer): 'object' | 'array' | 'scalar' {
  const first = text.toString('latin1').trimStart()[0];
  if (first === '{') return 'object';
  return first === '[' ? 'array' : 'scalar';
}

/** Of a repeated key the last counts. */
function childrenOf(text: Buffer, path: string): Map<string, Buffer> {
  if (kindOf(text) === 'array')
    return new Map(
      arrayElements(text, 0).ranges.map(([start, end], i) => [
        `${path}[${i}]`,
        text.subarray(start, end),
      ]),
    );
  return new Map(
    topLevelMembers(text).map(({ key, valueStart, valueEnd }) => [
      path === '' ? key : `${path}.${key}`,
      text.subarray(valueStart, valueEnd),
    ]),
  );
}

function shown({ path, journal, incoming }: Pair): Difference {
  return {
    path,
    journal: journal?.toString('utf8') ?? null,
    incoming: incoming?.toString('utf8') ?? null,
  };
}
