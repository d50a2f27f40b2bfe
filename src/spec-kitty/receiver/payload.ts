import { topLevelMembers, withMember, withoutMember } from '../../json/members.js';
import type { Adapt } from '../../receivers/request-body.js';

/** Where an old queue wrote down why it could not send. */
const LOCAL_REASON = 'drain_blocked_reason';
const TEAM_SLUG = 'team_slug';
/** How an event that was captured before its team was known spells that. */
const EMPTY_VALUES = new Set(['null', '""']);

/**
 * What Teamspace is sent of an envelope that travels bare (docs/spec-kitty.md): the
 * local `drain_blocked_reason` is left out, and a `team_slug` that is present
 * but null or "" is filled in when the team is known. One that is absent stays
 * absent, every other byte stays as it is, and so does the buffer given.
 */
export function teamspacePayload(teamSlug: string | undefined): Adapt {
  return (bytes) => {
    if (!mayNeedChange(bytes)) return bytes;
    const clean = withoutMember(bytes, LOCAL_REASON);
    return teamSlug !== undefined && hasEmptyTeam(clean)
      ? withMember(clean, TEAM_SLUG, JSON.stringify(teamSlug))
      : clean;
  };
}

/** How many bytes `teamspacePayload` can add to an event. */
export function teamspaceGrowth(teamSlug: string | undefined): number {
  return teamSlug === undefined ? 0 : Buffer.byteLength(JSON.stringify(teamSlug)) - '""'.length;
}

/**
 * False only when nothing has to change; ten times cheaper than finding the
 * members. A key in any other spelling than its own letters needs a `\u00` escape.
 */
function mayNeedChange(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return (
    text.includes(LOCAL_REASON) ||
    /"team_slug"\s*:\s*(?:null|"")/.test(text) ||
    text.includes('\\u00')
  );
}

function hasEmptyTeam(bytes: Buffer): boolean {
  const team = topLevelMembers(bytes).findLast(({ key }) => key === TEAM_SLUG);
  if (team === undefined) return false;
  return EMPTY_VALUES.has(bytes.toString('utf8', team.valueStart, team.valueEnd));
}
