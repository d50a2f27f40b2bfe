import type { CompleteAnswer } from '../answer.js';
import type { Redactor } from '../redact.js';
import { type JsonObject, parseJson } from './answer-body.js';
import { signOfFailure } from './partial-failure.js';
import { describeStatus, serverWords } from './server-words.js';
import { sameForAll, transientForAll, type Verdict } from './verdict.js';

/** More of a body tells nothing more of what it is. */
const LOOKED_AT = 65_536;

/** A document begins so, after a byte order mark, an XML declaration and comments. */
const HTML_DOCUMENT =
  /^\uFEFF?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--(?:(?!-->)[\s\S]){0,4000}-->\s*){0,4}<(?:!doctype\s+html|html|head|body)\b/i;

/**
 * `ack = "auto"`, for a 2xx without results: success for all, unless the answer
 * is a page, which only somebody else can have given, or reports failures.
 */
export function mapBySigns(
  count: number,
  answer: CompleteAnswer,
  object: JsonObject,
  redact: Redactor,
): Verdict {
  const seen = isPage(answer.body) ? PAGE : failures(answer, object);
  if (seen === undefined) return sameForAll(count, { kind: 'success' }, answer.status);
  const words = serverWords(answer, object, redact);
  const said = words === undefined ? '' : `: ${words}`;
  const reason = `${describeStatus(answer.status)}, ${seen}${said} (${SETTING})`;
  return transientForAll(count, reason, answer.status);
}

const PAGE = 'but the body is a web page, as of somebody else than the receiver';
const SETTING = 'ack = "status" would count this as delivered';

function failures({ status, body }: CompleteAnswer, object: JsonObject): string | undefined {
  if (status === 207) return 'which has a status for each part';
  const sign = signOfFailure(status, object) ?? signInList(body);
  return sign === undefined ? undefined : `but the body reports failures (${sign})`;
}

/** The body decides, and not its label: PHP labels the word "ok" as text/html. */
export const isPage = (body: Buffer): boolean =>
  HTML_DOCUMENT.test(body.toString('utf8', 0, LOOKED_AT));

/** A list of results in no object: one that failed is enough. */
function signInList(body: Buffer): string | undefined {
  if (!/^\s*\[/.test(body.toString('latin1', 0, 64))) return undefined;
  const results = parseJson(body.toString('utf8'));
  return Array.isArray(results) ? signOfFailure(200, { results }) : undefined;
}
