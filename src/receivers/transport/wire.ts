import { Connection } from './connection.js';
import type { Deadline } from './deadline.js';
import { Exchange, type Incoming } from './exchange.js';
import type { Network } from './network.js';

/** What goes out in one request. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly headers: Headers;
  /** What every request of its sender carries besides, of other names: the same object each time. */
  readonly standing?: Headers | undefined;
  readonly body?: Buffer | undefined;
  /** Called when the whole request is with the operating system. */
  readonly onSent?: (() => void) | undefined;
}

type Headers = Readonly<Record<string, string>>;

const DEFAULT_HEADERS = { Accept: 'application/json, text/plain, */*', 'Accept-Encoding': 'gzip' };

/**
 * Makes the requests to one URL, one after the other or several at once: each
 * has a connection for itself, which is kept for another.
 */
export class Wire {
  readonly url: URL;
  readonly #network: Network;
  readonly #path: string;
  readonly #defaults: Headers;
  /** Names and values in turn, as undici takes them fastest; worked out once for all requests. */
  #standing: { readonly of: Headers; readonly pairs: readonly string[] } | undefined;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();

  /** `url` is http or https; its fragment is not sent. */
  constructor(url: URL, network: Network) {
    this.url = url;
    this.#network = network;
    this.#path = `${url.pathname}${url.search}`;
    this.#defaults = { ...DEFAULT_HEADERS, ...basicAuthorization(url) };
  }

  /**
   * Sends one request; resolves with the beginning of its answer, whatever its
   * status. The deadline, as long as it is not released, also ends the body. An
   * answer of more than `maxBytes` is given up. Rejects with a
   * BrokenRequestError, or with an Error where it cannot be sent at all.
   */
  request(outgoing: Outgoing, deadline: Deadline, maxBytes: number): Promise<Incoming> {
    const { method, body = null, onSent } = outgoing;
    const connection = this.#idle.pop() ?? this.#connection();
    const onEnd = () => this.#release(connection);
    const exchange = new Exchange(connection, maxBytes, { onSent, onEnd });
    deadline.stopping(() => exchange.fail(new Error('the time is over')));
    const headers = this.#pairsOf(outgoing);
    return exchange.begin({ path: this.#path, method, headers, body });
  }

  /** Closes the connections that wait for a next request: the server may have given them up. */
  dropIdle(): void {
    for (const connection of this.#idle.splice(0)) this.#drop(connection);
  }

  close(): void {
    this.#idle.length = 0;
    for (const connection of this.#all) this.#drop(connection);
  }

  #pairsOf({ headers, standing }: Outgoing): string[] {
    if (standing === undefined) return pairs({ ...unsaid(this.#defaults, headers), ...headers });
    if (this.#standing?.of !== standing)
      this.#standing = {
        of: standing,
        pairs: pairs({ ...unsaid(this.#defaults, standing), ...standing }),
      };
    return [...this.#standing.pairs, ...pairs(headers)];
  }

  #connection(): Connection {
    const connection = new Connection(this.url, this.#network);
    this.#all.add(connection);
    return connection;
  }

  #release(connection: Connection): void {
    if (connection.isDropped) this.#all.delete(connection);
    else this.#idle.push(connection);
  }

  #drop(connection: Connection): void {
    connection.drop();
    this.#all.delete(connection);
  }
}

function pairs(headers: Headers): string[] {
  const all: string[] = [];
  for (const name in headers) all.push(name, headers[name] as string);
  return all;
}

/** A header that is said goes before ours of the same name, however it is spelled. */
function unsaid(ours: Headers, said: Headers): Headers {
  const names = new Set(Object.keys(said).map((name) => name.toLowerCase()));
  const left = Object.entries(ours).filter(([name]) => !names.has(name.toLowerCase()));
  return Object.fromEntries(left);
}

function basicAuthorization({ username, password }: URL): Record<string, string> {
  const user = [username, password].map(decodeURIComponent).join(':');
  return user === ':' ? {} : { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}
