import { mayCarryToken } from '../policy/bearer.js';
import type { HttpAnswer } from '../receivers/answer.js';
import { fillQuery } from '../receivers/external/query-variables.js';
import { teamHeader } from '../receivers/headers.js';
import { judgeEndpoint, judgeHealth, type Reachability } from '../receivers/reachability.js';
import type { OpenAuthority } from '../spec-kitty/open-authority.js';
import { isExpired } from '../spec-kitty/tokens/token-freshness.js';
import type { TargetIdentity } from '../targets/identity.js';
import { VERSION } from '../version.js';
import type { App } from './app.js';
import type { Situation } from './situation.js';

/** One GET; tests and embedding programs may answer for the network. */
export type AskHttp = (
  url: string,
  headers: Readonly<Record<string, string>>,
) => Promise<HttpAnswer>;

const DEADLINE_MS = 5_000;

/** Asks the active target once whether it is there; undefined when it is within this process. */
export async function reach(
  app: App,
  situation: Situation,
  ask: AskHttp = overHttp(app, situation),
): Promise<Reachability | undefined> {
  const { active, authority } = situation;
  if (active.state !== 'target' || active.identity.kind === 'stub') return undefined;
  if (active.identity.kind === 'external')
    return judgeEndpoint(await ask(endpointOf(app, active.identity), COMMON_HEADERS));
  if (authority === undefined) return undefined;
  const token = tokenHeaders(app, authority);
  const answer = await ask(authority.resolved.healthUrl, { ...COMMON_HEADERS, ...token });
  return judgeHealth(answer, token.Authorization !== undefined);
}

/** With the values of its variables: those that are missing are an obstacle before. */
const endpointOf = (app: App, { rawEndpoint }: TargetIdentity): string =>
  fillQuery(rawEndpoint.reveal(), app.env).address;

const COMMON_HEADERS = { Accept: 'application/json', 'User-Agent': `redrain/${VERSION}` };

/** A token that has run out is not sent, and none is renewed to find out. */
function tokenHeaders(app: App, { credentials, resolved }: OpenAuthority): Record<string, string> {
  if (credentials.state !== 'found' || isExpired(credentials, app.now())) return {};
  if (!mayCarryToken(new URL(resolved.healthUrl))) return {};
  return {
    Authorization: `Bearer ${credentials.token.reveal().trim()}`,
    ...teamHeader(credentials.teamSlug ?? undefined),
  };
}

function overHttp(app: App, { settings }: Situation): AskHttp {
  return async (url, headers) => {
    const { HttpClient } = await import('../receivers/http-client.js');
    const { caFile } = settings;
    const client = new HttpClient({
      env: app.env,
      deadlineMs: DEADLINE_MS,
      ...(caFile === undefined ? {} : { caFile }),
    });
    try {
      return await client.request({
        method: 'GET',
        url,
        headers,
        signal: new AbortController().signal,
      });
    } finally {
      client.close();
    }
  };
}
