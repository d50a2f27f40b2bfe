import { Secret } from '../../config/secret.js';
import { isTable, type TomlTable } from '../../config/toml.js';
import { originOf } from '../../targets/canonical-url.js';

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

/**
 * The format of `<home>/redrain/credentials.toml`: one table a server, named by
 * its origin.
 *
 *     [servers."https://teamspace.example"]
 *     access = "…"
 *     refresh = "…"
 *     access_expires_at = "2026-07-01T10:15:00.000Z"
 *     refresh_expires_at = "2026-07-08T10:00:00.000Z"
 *     username = "ada@example.com"
 *     team_slug = "blue"
 *     private_teamspace = true
 *
 * All but `access` may be missing. Entries of another shape are passed over.
 */
export function ownEntries(document: TomlTable, path: string): Map<string, CredentialEntry> {
  const entries = new Map<string, CredentialEntry>();
  const servers = isTable(document.servers) ? document.servers : {};
  for (const [name, entry] of Object.entries(servers)) {
    const origin = originOf(name);
    if (origin !== undefined && isTable(entry)) entries.set(origin, toEntry(entry, path, origin));
  }
  return entries;
}

/** The path of one value in that file, for whoever writes it. */
export const ownCredentialPath = (
  origin: string,
  field:
    | 'access'
    | 'refresh'
    | 'access_expires_at'
    | 'refresh_expires_at'
    | 'username'
    | 'team_slug'
    | 'private_teamspace',
): readonly string[] => ['servers', origin, field];

const toEntry = (entry: TomlTable, path: string, origin: string): CredentialEntry => ({
  token: secretOf(entry.access),
  refresh: secretOf(entry.refresh),
  expiresAt: timeOf(entry.access_expires_at),
  refreshExpiresAt: timeOf(entry.refresh_expires_at),
  username: textOf(entry.username),
  teamSlug: textOf(entry.team_slug),
  privateTeamspace: flagOf(entry.private_teamspace),
  source: { kind: 'redrain', path, origin },
});

/** Spec Kitty's `credentials` (docs/spec-kitty.md): one login, for the server of `[server].url`. */
export function specKittyEntries(document: TomlTable, path: string): Map<string, CredentialEntry> {
  const [server, tokens, user] = [document.server, document.tokens, document.user].map(tableOf);
  const origin = originOf(server?.url);
  if (origin === undefined) return new Map();
  const entry: CredentialEntry = {
    token: secretOf(tokens?.access),
    refresh: secretOf(tokens?.refresh),
    expiresAt: timeOf(tokens?.access_expires_at),
    refreshExpiresAt: timeOf(tokens?.refresh_expires_at),
    username: textOf(user?.username),
    teamSlug: textOf(user?.team_slug),
    privateTeamspace: flagOf(user?.private_teamspace),
    source: { kind: 'spec_kitty', path, origin },
  };
  return new Map([[origin, entry]]);
}

const tableOf = (value: unknown): TomlTable => (isTable(value) ? value : {});

const VARIABLE = 'SPEC_KITTY_TOKEN';

/**
 * The entry that `SPEC_KITTY_TOKEN`, `SPEC_KITTY_TEAM` and `SPEC_KITTY_USER`
 * make; undefined when there is no token. Text that no header can carry is a
 * problem, told without the text.
 */
export function environmentEntry(
  env: NodeJS.ProcessEnv,
): (CredentialEntry & { readonly problem?: string }) | undefined {
  const token = env[VARIABLE]?.trim();
  if (!token) return undefined;
  const isToken = /^[\x21-\x7e]+$/.test(token);
  return {
    token: isToken ? new Secret(token) : undefined,
    refresh: undefined,
    expiresAt: undefined,
    refreshExpiresAt: undefined,
    username: env.SPEC_KITTY_USER?.trim() || null,
    teamSlug: env.SPEC_KITTY_TEAM?.trim() || null,
    privateTeamspace: undefined,
    source: { kind: 'environment', variable: VARIABLE },
    ...(isToken ? {} : { problem: `${VARIABLE} holds characters that no token has.` }),
  };
}

/** Where one server's tokens stand in a credentials file, and what stands there. */
export interface TokenPlace {
  /** Path of the table. */
  readonly path: readonly string[];
  readonly table: TomlTable;
}

/** Every table of redrain's own file that names this origin, however its name is spelled. */
export function ownPlaces(document: TomlTable, origin: string): TokenPlace[] {
  const servers = isTable(document.servers) ? document.servers : {};
  return Object.entries(servers).flatMap(([name, table]) =>
    originOf(name) === origin && isTable(table) ? [{ path: ['servers', name], table }] : [],
  );
}

/** The tokens of Spec Kitty's file, while it is for this origin. */
export function specKittyPlace(document: TomlTable, origin: string): TokenPlace | undefined {
  const { server, tokens } = document;
  if (!isTable(server) || !isTable(tokens) || originOf(server.url) !== origin) return undefined;
  return { path: ['tokens'], table: tokens };
}

/** A usable token, wrapped; undefined for anything a header cannot carry. */
export function secretOf(value: unknown): Secret | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return /^[\x21-\x7e]+$/.test(text) ? new Secret(text) : undefined;
}

export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;

export const flagOf = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;

/**
 * A time as TOML date or ISO text, in milliseconds since 1970. Spec Kitty wrote
 * times without a zone: they are read as UTC, the same on every machine, and a
 * wrong guess costs one refresh. Undefined when there is no usable time.
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && !(value instanceof Date)) return undefined;
  const text = value instanceof Date ? isoText(value) : value.trim();
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const time = Date.parse(hasZone || !text.includes(':') ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** TOML dates print as they were written; an invalid one throws where others print. */
const isoText = (date: Date): string => (Number.isNaN(date.getTime()) ? '' : date.toISOString());
