import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AnswerHead } from '../answer.js';
import type { AgentPool } from './agents.js';
import type { Deadline } from './deadline.js';

/** What goes out in one request. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
  /** Called when the whole request is with the operating system. */
  readonly onSent?: (() => void) | undefined;
}

/** A request broke before its answer began. */
export class BrokenRequestError extends Error {
  override readonly name = 'BrokenRequestError';
  constructor(
    readonly request: ClientRequest,
    override readonly cause: NodeJS.ErrnoException,
  ) {
    super('the request broke', { cause });
  }
}

const DEFAULT_HEADERS = { Accept: 'application/json, text/plain, */*', 'Accept-Encoding': 'gzip' };

/** Bytes up to which copying a body costs less than sending it apart from its headers. */
const SMALL_BODY = 16 * 1024;

/** Makes the requests to one URL, one after the other or several at once. */
export class Wire {
  readonly url: URL;
  readonly #agents: Pick<AgentPool, 'agentFor'>;
  /** Worked out once for all requests. */
  #options: http.RequestOptions | undefined;

  /** `url` is http or https; its fragment is not sent. */
  constructor(url: URL, agents: Pick<AgentPool, 'agentFor'>) {
    this.url = url;
    this.#agents = agents;
  }

  /**
   * Sends one request; resolves with the beginning of its answer, whatever its
   * status. No redirect is followed and no variable of the environment is read.
   * The deadline, as long as it is not released, also ends the body. Rejects
   * with a BrokenRequestError, or with an Error where it cannot be sent at all.
   */
  async request(outgoing: Outgoing, deadline: Deadline): Promise<IncomingMessage> {
    const { url } = this;
    this.#options ??= { ...placeOf(url), agent: this.#agents.agentFor(url) };
    const { method, body, onSent } = outgoing;
    const headers = { ...DEFAULT_HEADERS, ...outgoing.headers };
    const send = url.protocol === 'https:' ? https.request : http.request;
    const request = send({ ...this.#options, method, headers });
    return new Promise((resolve, reject) => {
      const broke = (error: Error) => reject(new BrokenRequestError(request, error));
      request.on('error', broke);
      request.once('response', resolve);
      if (onSent !== undefined) request.once('finish', onSent);
      deadline.stopping(() => {
        request.destroy();
        // A connection that is still being opened says nothing of it.
        broke(new Error('the time is over'));
      });
      // As text of one byte a character it leaves in one piece with the headers.
      if (body === undefined || body.length > SMALL_BODY) request.end(body);
      else request.end(body.toString('latin1'), 'latin1');
    });
  }
}

/** What Node wants to know of a URL; its fragment is not sent. */
function placeOf({
  hostname,
  port,
  pathname,
  search,
  username,
  password,
}: URL): http.RequestOptions {
  const user = [username, password].map(decodeURIComponent).join(':');
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    ...(port !== '' && { port }),
    path: `${pathname}${search}`,
    ...(user !== ':' && { auth: user }),
  };
}

/** Status and headers of an answer; a header that came several times is joined with commas. */
export function headOf({ statusCode = 0, headers }: IncomingMessage): AnswerHead {
  const plain: Record<string, string> = Object.create(null);
  for (const name of Object.keys(headers)) plain[name] = String(headers[name]);
  return { status: statusCode, headers: plain };
}
