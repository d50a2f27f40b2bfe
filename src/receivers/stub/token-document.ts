import { randomBytes } from 'node:crypto';
import type { CompleteAnswer } from '../answer.js';
import { isJsonObject, parseJson } from '../mapping/answer-body.js';
import { jsonAnswer } from './batch-endpoint.js';

/** Seconds: what a client assumes when a server does not say (docs/protocol.md). */
const ACCESS_LIFETIME_S = 900;
const REFRESH_LIFETIME_S = 604_800;

/**
 * Answers both token requests, login and refresh (docs/protocol.md): anyone gets a new
 * pair. A body that is neither is a 400.
 */
export function issueTokens(body: Buffer, teamSlug: string): CompleteAnswer {
  const value = parseJson(body.toString('utf8'));
  const isLogin = isJsonObject(value) && isText(value.username) && isText(value.password);
  const isRefresh = isJsonObject(value) && isText(value.refresh);
  if (!isLogin && !isRefresh)
    return jsonAnswer(400, { error: 'expected {"username", "password"} or {"refresh"}' });
  return jsonAnswer(200, {
    access: newToken('access'),
    refresh: newToken('refresh'),
    access_lifetime: ACCESS_LIFETIME_S,
    refresh_lifetime: REFRESH_LIFETIME_S,
    team_slug: teamSlug,
  });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function newToken(kind: string): string {
  return `stub-${kind}-${randomBytes(16).toString('hex')}`;
}
