import type { DeliveryReport, OutboundEvent, Outcome } from '../../dispatch/ports.js';
import type { CompleteAnswer, HttpAnswer, NoAnswer } from '../answer.js';
import { isJsonObject, type JsonObject, readJsonObject } from '../mapping/answer-body.js';
import { isPage } from '../mapping/by-signs.js';
import { signOfFailure } from '../mapping/partial-failure.js';
import { anError, aWarning, type Finding, type FindingCode } from './finding.js';

/** Canaries that were sent, and what came of them. */
export interface Tried {
  readonly events: readonly OutboundEvent[];
  readonly report: DeliveryReport;
  /** Of each request that was made, in order. */
  readonly answers: readonly HttpAnswer[];
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What an answer is judged by. */
export interface JudgedBy {
  /** The address that was posted to, its variables filled in. */
  readonly url: string;
  readonly ack: 'auto' | 'results' | 'status';
  readonly isSigned: boolean;
  /** Names of the variables that hold the secrets of the target. */
  readonly secrets: readonly string[];
}

const TAKEN: readonly (Outcome['kind'] | undefined)[] = ['success', 'duplicate', 'pending'];

/** True when the target has every canary, or says that it will decide. */
export const isTaken = ({ report }: Tried): boolean =>
  report.outcomes.every((outcome) => TAKEN.includes(outcome?.kind));

/** The status of the last answer; null without any. */
export const statusOf = ({ answers }: Tried): number | null =>
  headOf(answers.at(-1))?.status ?? null;

export function headOf(answer: HttpAnswer | undefined) {
  if (answer === undefined) return undefined;
  return 'failure' in answer ? answer.head : answer;
}

/** Why the canaries were not taken; undefined when they were. */
export function faultOf(tried: Tried, by: JudgedBy): Finding | undefined {
  if (isTaken(tried)) return undefined;
  const answer = tried.answers.at(-1);
  if (answer === undefined) return anError('refused', sentences(said(tried)));
  if ('failure' in answer) return failureFault(answer, said(tried), by.url);
  const { status } = answer;
  if (status >= 200 && status <= 299) return acceptedFault(tried, answer, by);
  if (status >= 300 && status <= 399) return redirectFault(tried, answer, by);
  return refusalFault(tried, status, by);
}

/** What should be known of an answer that counts as taken. */
export function doubtsOf(tried: Tried, { ack }: JudgedBy): Finding[] {
  const answer = tried.answers.at(-1);
  if (answer === undefined || 'failure' in answer || ack !== 'status') return [];
  const counts = 'ack=status counts it as delivered all the same';
  if (isPage(answer.body))
    return [aWarning('login_page', `It answers with a web page, and ${counts}.`, 'ack=auto')];
  const sign = signOfFailure(answer.status, objectOf(answer));
  if (sign === undefined) return [];
  const message = `Its answer reports failures (${sign}), and ${counts}.`;
  return [aWarning('partial_failure', message, 'ack=auto')];
}

/** The results of an answer, where it has any. */
export function resultsOf(answer: HttpAnswer | undefined): readonly unknown[] | undefined {
  if (answer === undefined || 'failure' in answer) return undefined;
  const { results } = objectOf(answer);
  return Array.isArray(results) ? results : undefined;
}

const FAILURES: Readonly<Record<NonNullable<NoAnswer['kind']>, readonly [FindingCode, string]>> = {
  address: ['not_ready', 'Set another address'],
  route: ['no_route', 'Compare host and port of the address, and whether the receiver is running'],
  proxy: ['proxy', 'The receiver has seen nothing of it'],
  tls: ['tls', 'Nothing was sent: the connection could not be secured'],
  time: ['no_answer', 'It has to answer within the time of a request'],
  cut: ['no_answer', 'Look at the log of the receiver, and of what stands before it'],
  answer: ['no_answer', 'It has to answer a request in HTTP, whole and readable'],
};

function failureFault({ kind = 'answer', head }: NoAnswer, words: string, url: string): Finding {
  const [code, advice] = FAILURES[kind];
  const isAccepted = head !== undefined && head.status >= 200 && head.status <= 299;
  if (isAccepted) return anError(code, sentences(words, advice), 'ack=status');
  // Only an address without a query can be shown whole.
  const isPlain = kind === 'tls' && url.startsWith('http:') && !url.includes('?');
  return anError(code, sentences(words, advice), isPlain ? `url=https${url.slice(4)}` : null);
}

function acceptedFault(tried: Tried, answer: CompleteAnswer, { ack }: JudgedBy): Finding {
  if (isPage(answer.body))
    return anError(
      'login_page',
      sentences(
        `HTTP ${answer.status} with a web page`,
        'Somebody else has answered: a login, a gateway or a start page. Compare path and credentials',
      ),
    );
  const results = resultsOf(answer);
  if (results !== undefined) return resultsFault(tried, results);
  const sign = signOfFailure(answer.status, objectOf(answer));
  if (sign !== undefined)
    return anError(
      'partial_failure',
      sentences(
        `HTTP ${answer.status}, and the body reports failures (${sign}): ${said(tried)}`,
        'With ack=status it would count as delivered all the same',
      ),
    );
  return anError('no_results', sentences(said(tried)), ack === 'results' ? 'ack=auto' : null);
}

function resultsFault(tried: Tried, results: readonly unknown[]): Finding {
  const given = new Set(results.map((one) => (isJsonObject(one) ? one.event_id : undefined)));
  const missing = tried.events.filter(({ eventId }) => !given.has(eventId));
  if (missing.length === 0) return resultsRefusal(tried);
  const folded = new Set([...given].map((id) => String(id).toLowerCase()));
  const [first] = missing;
  if (first !== undefined && folded.has(first.eventId.toLowerCase()))
    return anError(
      'ids_changed',
      `Its results name ids in another upper and lower case than they were sent (${first.eventId}): they have to come back as they are.`,
    );
  return anError(
    'no_results',
    `Its results have none for ${missing.length} of ${tried.events.length} events: every event_id that was sent needs one.`,
  );
}

/** It understood everything, and does not want this content: its own events may fare better. */
function resultsRefusal(tried: Tried): Finding {
  const isVerdict = tried.report.outcomes.every(
    (outcome) => outcome?.kind !== 'transient' && outcome !== undefined,
  );
  const message = sentences(
    said(tried),
    'Other events may be taken: --member gives the canaries what yours have',
  );
  return isVerdict ? aWarning('refused', message) : anError('refused', message);
}

function redirectFault(tried: Tried, answer: CompleteAnswer, { url }: JudgedBy): Finding {
  const words = sentences(said(tried), 'Redirects are not followed');
  const { location = '' } = answer.headers;
  const place = redirectedTo(location, url);
  // Only an address that no secret was taken out of can be typed again.
  const isWhole = place !== undefined && said(tried).includes(location);
  return anError('redirect', words, isWhole ? `url=${place}` : null);
}

/** Where the same server has its receiver: another host may be anybody's. */
function redirectedTo(location: string, from: string): string | undefined {
  if (location === '' || !URL.canParse(location, from)) return undefined;
  const [to, at] = [new URL(location, from), new URL(from)];
  const isSame = to.hostname === at.hostname && /^https?:$/.test(to.protocol);
  return isSame && to.search === '' && to.hash === '' && at.search === '' ? to.href : undefined;
}

const REFUSALS: Readonly<Record<number, readonly [FindingCode, string]>> = {
  404: ['no_route', 'Nothing takes requests at this path: compare the address'],
  405: ['no_route', 'Nothing takes POST at this path: compare the address'],
  410: ['gone', 'It says that it is gone for good: ask for its new address'],
  413: ['size_limit', 'Even the smallest canary is too large for it'],
  429: ['busy', 'It asks for fewer requests: try again later, or set a rate'],
};

function refusalFault(tried: Tried, status: number, by: JudgedBy): Finding {
  const words = said(tried);
  if (status === 401 || status === 403) return authFault(words, by);
  if (by.isSigned && status === 400 && speaksOfSignature(words)) return authFault(words, by);
  const known = REFUSALS[status];
  if (known !== undefined) return anError(known[0], sentences(words, known[1]));
  if (status >= 500 && status !== 501)
    return anError(
      'unavailable',
      sentences(words, 'The receiver failed, or is down: look at its log'),
    );
  return anError('refused', sentences(words));
}

function authFault(words: string, { isSigned, secrets }: JudgedBy): Finding {
  const compare = secrets.length === 0 ? '' : `Compare the value of ${secrets.join(' and ')}`;
  if (isSigned && speaksOfSignature(words))
    return anError('signature', sentences(words, compare || 'Compare the secret'));
  const advice = compare || 'It wants a key: name the variable that holds it, auth_env=NAME';
  return anError('unauthorized', sentences(words, advice));
}

const speaksOfSignature = (words: string): boolean => /signature|signed|hmac/i.test(words);

/** What the receiver said, as the drain would keep it: short and free of secrets. */
function said({ report }: Tried): string {
  const outcome = report.outcomes.find((one) => !TAKEN.includes(one?.kind)) ?? report.ifAlone;
  const reason = outcome !== undefined && 'reason' in outcome ? outcome.reason : undefined;
  return report.error ?? reason ?? 'it did not take the events';
}

function sentences(...parts: readonly string[]): string {
  const texts = parts.map((part) => part.trim().replace(/[.]$/, '')).filter(Boolean);
  return texts.map((text) => `${text[0]?.toUpperCase()}${text.slice(1)}.`).join(' ');
}

function objectOf({ body }: CompleteAnswer): JsonObject {
  const read = readJsonObject(body);
  return 'object' in read ? read.object : {};
}
