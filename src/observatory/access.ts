import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Length of every secret here: nobody guesses one. */
const SECRET_BYTES = 32;

const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** Texts of which only digests are kept, compared without telling how much of one is right. */
class Secrets {
  readonly #digests: Buffer[] = [];

  mint(): string {
    const secret = newSecret();
    this.#digests.push(digestOf(secret));
    return secret;
  }

  has(secret: string): boolean {
    return this.#find(secret) >= 0;
  }

  /** True once for each that was minted. */
  take(secret: string): boolean {
    const at = this.#find(secret);
    if (at >= 0) this.#digests.splice(at, 1);
    return at >= 0;
  }

  #find(secret: string): number {
    const digest = digestOf(secret);
    return this.#digests.findIndex((known) => timingSafeEqual(known, digest));
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The name of the cookie. */
const COOKIE = 'redrain';

/**
 * Who may look: whoever brings a token of this start, which is good once and is
 * exchanged for a cookie. All pages are below a path that nobody else knows, and
 * the cookie is for that path alone: browsers send cookies to every port of a
 * machine, and another program on it must not get this one.
 */
export class Access {
  readonly #tokens = new Secrets();
  readonly #sessions = new Secrets();
  readonly base = `/${randomBytes(9).toString('base64url')}`;

  newToken(): string {
    return this.#tokens.mint();
  }

  /** The cookie for a token; undefined for one that is used or was never given out. */
  exchange(token: string): string | undefined {
    if (!this.#tokens.take(token)) return undefined;
    const session = this.#sessions.mint();
    return `${COOKIE}=${session}; Path=${this.base}; HttpOnly; SameSite=Strict`;
  }

  isAllowed(cookies: string | undefined): boolean {
    return (cookies ?? '').split(/; */).some((pair) => {
      const [key, value = ''] = pair.split('=', 2);
      return key === COOKIE && this.#sessions.has(value);
    });
  }
}

/** Why a request is refused before anything of the home is looked at. */
export interface Refusal {
  readonly status: 403 | 405 | 421;
  readonly reason: string;
}

/**
 * The first reason to refuse a request, by its method and headers. `host` is the only name that
 * this server goes by: another one is a page of somebody else whose name leads here (DNS rebinding).
 */
export function refusalOf(request: Request, host: string): Refusal | undefined {
  const { headers, method } = request;
  if (headers.get('host') !== host)
    return { status: 421, reason: `This server is http://${host} and nothing else.` };
  if (!['GET', 'HEAD', 'POST'].includes(method))
    return { status: 405, reason: `There is no ${method} here.` };
  if (method === 'POST') return crossOrigin(headers, host);
  // Reads by pages of other origins; opening a page by its address, a link or a bookmark is none.
  const site = headers.get('sec-fetch-site');
  const isOther = site === 'cross-site' || site === 'same-site';
  if (isOther && headers.get('sec-fetch-mode') !== 'navigate')
    return { status: 403, reason: 'Pages of other origins may read nothing here.' };
  return undefined;
}

/** A form of another page. */
function crossOrigin(headers: Headers, host: string): Refusal | undefined {
  const site = headers.get('sec-fetch-site') ?? 'same-origin';
  if (headers.get('origin') === `http://${host}` && site === 'same-origin') return undefined;
  return { status: 403, reason: 'Only a form of this page may change something.' };
}
