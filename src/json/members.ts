import { OPEN_BRACE } from './ascii.js';
import { skipSpace } from './scan.js';
import { type Member, mayHold, topLevelMembers } from './top-level.js';

export { countTopLevelKey, type Member, topLevelMembers } from './top-level.js';

type Range = readonly [start: number, end: number];

/**
 * The object without any top-level member of that key. All other bytes stay
 * exactly as they are, and the same buffer comes back when the key is absent.
 * The text must already be known to be JSON.
 */
export function withoutMember(bytes: Buffer, key: string): Buffer {
  if (!mayHold(bytes, key)) return bytes;
  const cuts = cutsFor(topLevelMembers(bytes), key);
  return cuts.length === 0 ? bytes : Buffer.concat(piecesBetween(bytes, cuts));
}

/**
 * The object with that top-level member set to a JSON text: in place of the
 * value that counts (the last one, should the key occur twice), else as a new
 * first member. All other bytes stay as they are.
 */
export function withMember(bytes: Buffer, key: string, jsonValueText: string): Buffer {
  const members = topLevelMembers(bytes);
  const present = members.findLast((member) => member.key === key);
  return present === undefined
    ? withFirstMember(bytes, `${JSON.stringify(key)}:${jsonValueText}`, members.length > 0)
    : replaced(bytes, [present.valueStart, present.valueEnd], jsonValueText);
}

/** A member goes with the comma after it; the last one with the comma before it. */
function cutsFor(members: readonly Member[], key: string): Range[] {
  const cuts: Range[] = [];
  let keptEnd = members[0]?.start ?? 0;
  members.forEach((member, index) => {
    const next = members[index + 1];
    if (member.key !== key) keptEnd = member.valueEnd;
    else if (next !== undefined) cuts.push([member.start, next.start]);
    else replaceTrailing(cuts, [keptEnd, member.valueEnd]);
  });
  return cuts;
}

function replaceTrailing(cuts: Range[], last: Range): void {
  while ((cuts.at(-1)?.[0] ?? -1) >= last[0]) cuts.pop();
  cuts.push(last);
}

function piecesBetween(bytes: Buffer, cuts: readonly Range[]): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const [start, end] of cuts) {
    pieces.push(bytes.subarray(from, start));
    from = end;
  }
  pieces.push(bytes.subarray(from));
  return pieces;
}

function withFirstMember(bytes: Buffer, member: string, others: boolean): Buffer {
  const open = skipSpace(bytes, 0);
  if (bytes[open] !== OPEN_BRACE) throw new TypeError('a member can only be set in a JSON object');
  return replaced(bytes, [open + 1, open + 1], others ? `${member},` : member);
}

function replaced(bytes: Buffer, [start, end]: Range, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)]);
}
