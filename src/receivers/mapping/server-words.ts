import { STATUS_CODES } from 'node:http';
import type { CompleteAnswer } from '../answer.js';
import type { Redactor } from '../redact.js';
import { isJsonObject, type JsonObject, parseJson } from './answer-body.js';
import { cut, firstShown, oneLine, shown } from './shown.js';

/** What a server says went wrong with a whole batch. */
export interface BatchError {
  /** The server's own words where it has any, else the status in words. */
  readonly reason: string;
  /** The same with the status in front, for a log. */
  readonly line: string;
}

/** The top-level error of an answer. `object` is its JSON body, or empty if it had none. */
export function topLevelError(
  answer: CompleteAnswer,
  object: JsonObject,
  redact: Redactor,
): BatchError {
  const status = describeStatus(answer.status);
  const words = serverWords(answer, object, redact);
  if (words === undefined) return { reason: status, line: status };
  return { reason: words, line: `${status}: ${words}` };
}

/** `HTTP 502 Bad Gateway`; only the number for a status without a name. */
export function describeStatus(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`;
}

/** Where servers put what went wrong with a request, the contract's own member first. */
const MEMBERS = ['error', 'detail', 'message', 'error_description', 'title', 'error_code', 'text'];
/** The same within one of several errors. */
const ENTRY_MEMBERS = ['message', 'detail', 'reason', 'error', 'title', 'msg', 'code'];
const MAX_TEXT = 200;
const MAX_ENTRIES = 3;

/**
 * What a server says in its own words, shortened and free of secrets: a member
 * of its JSON object, its list of errors, the title of its page, the text of
 * its XML, or its plain text. Undefined when it says nothing.
 */
export function serverWords(
  answer: CompleteAnswer,
  object: JsonObject,
  redact: Redactor,
): string | undefined {
  const said = { ...object };
  // Frameworks repeat the name of the status there, and say why in another member.
  if (said.error === STATUS_CODES[answer.status]) delete said.error;
  return (
    firstShown(said, MEMBERS, redact) ??
    fromErrors(object.errors, redact) ??
    textOf(answer, redact) ??
    shown(object.error, redact)
  );
}

function fromErrors(errors: unknown, redact: Redactor): string | undefined {
  if (!Array.isArray(errors)) return undefined;
  const words = errors.slice(0, MAX_ENTRIES).flatMap((entry) => {
    const text = isJsonObject(entry) ? firstShown(entry, ENTRY_MEMBERS, redact) : undefined;
    return text ?? shown(entry, redact) ?? [];
  });
  return words.length === 0 ? undefined : cut(words.join('; '), MAX_TEXT);
}

/** Of a body that is not a JSON object. */
function textOf({ headers, body }: CompleteAnswer, redact: Redactor): string | undefined {
  const text = body.toString('utf8', 0, 65_536);
  const bounded = (words: string) => cut(oneLine(words, redact), MAX_TEXT) || undefined;
  const title = pageTitle(text);
  if (title !== undefined) return bounded(title);
  if (/^\s*<\w/.test(text) || /^\s*<\?xml/i.test(text))
    return isPage(headers, text) ? undefined : bounded(withoutTags(text));
  const value = parseJson(body.length > 65_536 ? '' : text);
  if (typeof value === 'string') return bounded(value);
  if (Array.isArray(value)) return fromErrors(value.filter(saysSomething), redact);
  if (value !== undefined || !/^text\/plain\b/i.test(headers['content-type'] ?? ''))
    return undefined;
  return bounded(text);
}

const saysSomething = (entry: unknown): boolean => typeof entry === 'string' || isJsonObject(entry);

/** A page says nothing beside its title: what people see of it is made of more than words. */
const isPage = (headers: CompleteAnswer['headers'], text: string): boolean =>
  /^text\/html\b/i.test(headers['content-type'] ?? '') || /<html/i.test(text);

/** The title of a web page, as plain text. */
function pageTitle(text: string): string | undefined {
  const title = /<title[^>]{0,200}>([^<]{1,1000})<\/title/i.exec(text)?.[1];
  return title === undefined ? undefined : withoutTags(title) || undefined;
}

function withoutTags(text: string): string {
  return text
    .replace(/<[^>]{0,1000}>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
}
