import { accessSync, constants, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Secret } from '../../config/secret.js';
import { decodeToml, parseToml } from '../../config/toml.js';
import { editToml, type TomlChange } from '../../config/toml-edit.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../../files/plain-file.js';
import { rewriteFile } from '../../files/rewrite-file.js';
import { holdingSpecKittyLock } from '../spec-kitty-lock.js';
import { type CredentialSource, ownPlaces, specKittyPlace, type TokenPlace } from './formats.js';

/** A login that is kept in a file. */
export type FileSource = Exclude<CredentialSource, { readonly kind: 'environment' }>;

/** Tokens as they go into a file; times in milliseconds since 1970. */
export interface NewTokens {
  readonly access: Secret;
  readonly expiresAt: number;
  /** Undefined: what the file has stays. */
  readonly refresh: Secret | undefined;
  readonly refreshExpiresAt: number;
}

/**
 * Puts renewed tokens where the old ones were, in one step, under the lock of
 * the file, and keeps its mode and everything else in it. `spent` is the
 * refresh token they were bought with: when the file holds another one by now
 * (somebody logged in or out, or renewed it), it is left alone and the answer
 * is false.
 *
 * @throws FileBusyError, TomlEditError, BrokenTomlError, or what the file system says.
 */
export function keepTokens(source: FileSource, spent: Secret, tokens: NewTokens): Promise<boolean> {
  const rewrite = async (): Promise<boolean> => {
    let isOurs = false;
    await rewriteFile(source.path, (before) => {
      const text = before && withTokens(decodeToml(before), source, spent, tokens);
      isOurs = text !== undefined;
      return text;
    });
    return isOurs;
  };
  return source.kind === 'spec_kitty' ? holdingSpecKittyLock(source.path, rewrite) : rewrite();
}

/**
 * Makes sure that tokens could be kept before a refresh token is spent on them:
 * many servers take each only once. Changes nothing.
 *
 * @throws what `keepTokens` would throw.
 */
export function assertKeepable(source: FileSource, refresh: Secret): void {
  const file = realpathSync(source.path);
  accessSync(dirname(file), constants.W_OK);
  const probe = { access: refresh, refresh, expiresAt: 0, refreshExpiresAt: 0 };
  withTokens(decodeToml(readPlainFile(file, MAX_TEXT_BYTES)), source, refresh, probe);
}

function withTokens(
  text: string,
  source: FileSource,
  spent: Secret,
  tokens: NewTokens,
): string | undefined {
  const place = placeOf(source, text);
  if (place === undefined || trimmed(place.table.refresh) !== spent.reveal()) return undefined;
  return editToml(text, changesOf(place, tokens));
}

/** Of several tables for one origin the last counts, as for the reader. */
function placeOf({ kind, origin }: FileSource, text: string): TokenPlace | undefined {
  const document = parseToml(text);
  return kind === 'redrain' ? ownPlaces(document, origin).at(-1) : specKittyPlace(document, origin);
}

function changesOf({ path, table }: TokenPlace, tokens: NewTokens): TomlChange[] {
  const { access, refresh, expiresAt, refreshExpiresAt } = tokens;
  const values: [name: string, value: string][] = [
    ['access', access.reveal()],
    ['access_expires_at', timeLike(table.access_expires_at, expiresAt)],
  ];
  if (refresh !== undefined)
    values.push(
      ['refresh', refresh.reveal()],
      ['refresh_expires_at', timeLike(table.refresh_expires_at, refreshExpiresAt)],
    );
  return values.map(([name, value]) => ({ path: [...path, name], value }));
}

const trimmed = (value: unknown): unknown => (typeof value === 'string' ? value.trim() : value);

/** ISO text with the zone spelled as it was: Spec Kitty wrote it in several ways, always UTC. */
function timeLike(before: unknown, time: number): string {
  const text = new Date(time).toISOString();
  if (typeof before !== 'string' || /Z$/i.test(before.trim())) return text;
  return text.slice(0, -1) + (/[+-]\d{2}:?\d{2}$/.test(before.trim()) ? '+00:00' : '');
}
