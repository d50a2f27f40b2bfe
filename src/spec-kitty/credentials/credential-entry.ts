import type { Secret } from '../../config/secret.js';

/** Where a token was found, kept with the target so that A never uses B's. */
export type CredentialSource =
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'redrain' | 'spec_kitty'; readonly path: string; readonly origin: string };

/** What one server's entry says, wherever it was found. */
export interface CredentialEntry {
  readonly token: Secret | undefined;
  readonly refresh: Secret | undefined;
  /** Milliseconds since 1970; undefined when unknown. */
  readonly expiresAt: number | undefined;
  readonly refreshExpiresAt: number | undefined;
  readonly username: string | null;
  readonly teamSlug: string | null;
  readonly privateTeamspace: boolean | undefined;
  readonly source: CredentialSource;
}
