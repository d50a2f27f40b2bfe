import type { EdgeStore } from '../edges/edge-store.js';
import { EDGE_HEADER } from '../edges/hub-head.js';
import { type TokenFile, TokensUnreadableError } from '../edges/token-file.js';
import { type EdgeToken, findToken } from '../edges/tokens.js';
import { Authentication } from '../receive/authentication.js';
import { Refusal } from '../receive/refusal.js';

/** Who may send: whoever has a token of the file, or the one token, or anybody. */
export type SenderRule =
  | {
      readonly tokens: TokenFile;
      /** Anybody may send until there is a first token. */
      readonly orAnybody?: boolean;
    }
  | { readonly token: string }
  | { readonly anybody: true };

/** The file whose tokens are asked for now; undefined where none is. */
export function tokensAskedFor(rule: SenderRule): TokenFile | undefined {
  if (!('tokens' in rule)) return undefined;
  return rule.orAnybody === true && !rule.tokens.wasEverThere ? undefined : rule.tokens;
}

/** Who sends a request. */
export interface Sender {
  /** The name of its token; null where there are no names. */
  readonly name: string | null;
}

/** Decides on the head of a request who may send it. Nothing of its body is read before. */
export class Admission {
  readonly #rule: SenderRule;
  readonly #edges: () => Promise<EdgeStore>;
  /** Homes that tokens are known to be bound to, by the digest of the token. */
  readonly #bound = new Map<string, string>();
  readonly #one: Authentication;

  constructor(rule: SenderRule, edges: () => Promise<EdgeStore>) {
    this.#rule = rule;
    this.#edges = edges;
    this.#one = new Authentication('token' in rule ? { token: rule.token } : {}, Date.now);
  }

  /** @throws Refusal 401 without a valid token, 403 for the home of somebody else, 503 while the tokens cannot be read. */
  async admit(headers: Headers): Promise<Sender> {
    this.#one.checkHead(headers);
    const file = tokensAskedFor(this.#rule);
    if (file === undefined) return { name: null };
    const token = this.#tokenIn(file, headers);
    const home = headers.get(EDGE_HEADER);
    if (home !== null) await this.#assertOwn(token, home);
    return { name: token.name };
  }

  #tokenIn(file: TokenFile, headers: Headers): EdgeToken {
    const given = /^Bearer +(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
    const token = findToken(tokensOf(file), given ?? '');
    if (token !== undefined) return token;
    const reason =
      given === undefined ? 'a Bearer token is required' : 'the token is not valid here';
    throw new Refusal(401, reason, { 'www-authenticate': 'Bearer' });
  }

  /** An edge writes its own events, and no others. */
  async #assertOwn(token: EdgeToken, home: string): Promise<void> {
    const { sha256, name } = token;
    const owner = token.home ?? this.#bound.get(sha256) ?? (await this.#bind(sha256, home));
    if (owner === home) return;
    throw new Refusal(
      403,
      `the token ${name} belongs to the home ${owner}, and home ${home} may not use it`,
    );
  }

  async #bind(sha256: string, home: string): Promise<string> {
    const owner = await (await this.#edges()).bind(sha256, home);
    this.#bound.set(sha256, owner);
    return owner;
  }
}

function tokensOf(file: TokenFile): readonly EdgeToken[] {
  try {
    return file.tokens();
  } catch (error) {
    if (!(error instanceof TokensUnreadableError)) throw error;
    throw new Refusal(503, 'the tokens of this hub cannot be read', { 'retry-after': '10' });
  }
}
