import type { Secret } from '../../config/secret.js';
import { VERSION } from '../../version.js';

/** One request for tokens (docs/spec-kitty.md, "Tokens of a Teamspace"), to the address of one server. */
export type TokenRequest = { readonly url: string } & (
  | { readonly kind: 'login'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'refresh'; readonly refresh: Secret }
);

/** What a server granted. Lifetimes count from the moment it was asked. */
export interface TokenGrant {
  readonly access: Secret;
  /** Undefined when the server keeps the refresh token that it was shown. */
  readonly refresh: Secret | undefined;
  readonly accessLifetimeMs: number;
  readonly refreshLifetimeMs: number;
  readonly teamSlug: string | null;
}

/** What came of a request for tokens. Reasons are for people and hold no secret. */
export type TokenAnswer =
  | { readonly kind: 'granted'; readonly grant: TokenGrant }
  /** The server says no to this password or refresh token: another one is needed. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No usable answer: the same request may succeed later. */
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Asks a server for tokens; implemented by whoever speaks HTTP. Sends nothing
 * but the request itself, to no other address, and never rejects.
 */
export type AskForTokens = (request: TokenRequest) => Promise<TokenAnswer>;

/** How a process asks a server for tokens: over HTTP, loaded when it is first done. */
export function tokenRequests(
  env: NodeJS.ProcessEnv,
  caFile: string | undefined,
  deadlineMs?: number,
): AskForTokens {
  return async (request) => {
    const { askForTokens } = await import('../receiver/token-client.js');
    const transport = {
      env,
      ...(caFile === undefined ? {} : { caFile }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    };
    return askForTokens(request, { transport, version: VERSION });
  };
}
