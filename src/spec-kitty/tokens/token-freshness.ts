import type { CredentialEntry } from '../credentials/formats.js';

/** An access token this close to its end is renewed before it is used. */
const RENEWED_BEFORE_MS = 60_000;

type Times = Pick<CredentialEntry, 'refresh' | 'expiresAt' | 'refreshExpiresAt'>;

/** True when the access token is to be renewed before it is used. Without a known expiry it is never due. */
export const isDue = ({ expiresAt }: Pick<Times, 'expiresAt'>, now: number): boolean =>
  expiresAt !== undefined && expiresAt - RENEWED_BEFORE_MS <= now;

/** True when the access token is of no use any more. */
export const isExpired = ({ expiresAt }: Pick<Times, 'expiresAt'>, now: number): boolean =>
  expiresAt !== undefined && expiresAt <= now;

/**
 * Why these credentials cannot be renewed, or undefined when they can. An
 * expired refresh token is never sent.
 */
export function whyNotRenewable({ refresh, refreshExpiresAt }: Times, now: number) {
  if (refresh === undefined) return 'there is no refresh token';
  if (refreshExpiresAt === undefined || refreshExpiresAt > now) return undefined;
  return `the refresh token expired at ${new Date(refreshExpiresAt).toISOString()}`;
}
