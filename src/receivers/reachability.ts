import { VERSION } from '../version.js';
import type { HttpAnswer } from './answer.js';
import { isJsonObject, type JsonObject, readJsonObject } from './mapping/answer-body.js';

/** Whether somebody who can take events answers at an address. */
export interface Reachability {
  /**
   * `healthy`: the answer we expect, and nothing else.
   * `unconfirmed`: a server answers and offers no way to tell.
   * `refused`: it does not accept our token.
   */
  readonly state: 'healthy' | 'unconfirmed' | 'refused' | 'unreachable';
  /** What the answer was, for a person. */
  readonly message: string;
  /** The server's clock in epoch milliseconds, whole seconds; null when it did not say. */
  readonly serverTime: number | null;
}

/** One GET; tests and embedding programs may answer for the network. */
export type AskHttp = (
  url: string,
  headers: Readonly<Record<string, string>>,
) => Promise<HttpAnswer>;

/** What a GET carries that asks whether somebody is there. */
export const bareGetHeaders = (): Record<string, string> => ({
  Accept: 'application/json',
  'User-Agent': `redrain/${VERSION}`,
});

/**
 * Judges an answer to `GET {server}/api/v1/sync/health/` (docs/spec-kitty.md). Healthy is
 * a 200 with a JSON object that has a member of the health document; 404 and
 * a document without any mean that health is not offered. All else is trouble.
 */
export function judgeHealth(answer: HttpAnswer, sentToken: boolean): Reachability {
  if ('failure' in answer) return unreachable(answer.failure);
  const serverTime = dateOf(answer);
  const { status } = answer;
  if (status === 404)
    return verdict('unconfirmed', 'it offers no health document (404)', serverTime);
  if (status === 401 || status === 403)
    return sentToken
      ? verdict('refused', `it does not accept the token (${status})`, serverTime)
      : verdict('unconfirmed', `it asks for a login (${status})`, serverTime);
  if (status !== 200) return verdict('unreachable', `it returns status ${status}`, serverTime);
  const body = readJsonObject(answer.body);
  if ('unusable' in body)
    return verdict('unreachable', `it returns 200, but ${body.unusable}`, serverTime);
  return isHealthDocument(body.object)
    ? verdict('healthy', 'it returns its health document', serverTime)
    : verdict('unconfirmed', 'it answers, and tells nothing of itself', serverTime);
}

/** What an endpoint that takes posts may say to a GET without credentials. */
const ANSWERS_OF_AN_ENDPOINT = new Set([400, 401, 403, 405, 411, 415, 422]);

/** Judges an answer to a bare GET of an operator's own endpoint: nothing is posted to find out. */
export function judgeEndpoint(answer: HttpAnswer): Reachability {
  if ('failure' in answer) return unreachable(answer.failure);
  const { status } = answer;
  const serverTime = dateOf(answer);
  if ((status >= 200 && status < 300) || ANSWERS_OF_AN_ENDPOINT.has(status))
    return verdict('healthy', `it responds (${status} to a GET)`, serverTime);
  if (status === 404)
    return verdict(
      'unconfirmed',
      'it responds (404 to a GET), which does not say whether it takes posts',
      serverTime,
    );
  return verdict('unreachable', `it returns status ${status}`, serverTime);
}

const TEXTS = ['server_instance_id', 'deployment_id', 'environment_name', 'git_sha'] as const;

function isHealthDocument(document: JsonObject): boolean {
  return (
    TEXTS.some((name) => typeof document[name] === 'string') ||
    typeof document.private_teamspace === 'boolean' ||
    isJsonObject(document.sync_ingress)
  );
}

const verdict = (
  state: Reachability['state'],
  message: string,
  serverTime: number | null,
): Reachability => ({ state, message, serverTime });

const unreachable = (failure: string): Reachability => verdict('unreachable', failure, null);

function dateOf({ headers }: Exclude<HttpAnswer, { failure: string }>): number | null {
  const at = Date.parse(headers.date ?? '');
  return Number.isFinite(at) ? at : null;
}
