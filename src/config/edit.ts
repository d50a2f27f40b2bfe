import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { MAX_TEXT_BYTES } from '../files/plain-file.js';
import { rewriteFile } from '../files/rewrite-file.js';
import { type ConfigDocument, ConfigUnreadableError, readConfigDocument } from './document.js';
import { parseConfig } from './parse.js';
import { renameTable } from './rename-table.js';
import type { SyncSettings } from './settings.js';
import { placed, tableOf } from './tables.js';
import { decodeToml, parseToml } from './toml.js';
import { editToml, type TomlChange } from './toml-edit.js';

/** The change would have made the file unusable; nothing was written. */
export class ConfigEditError extends RedrainError {
  override readonly name = 'ConfigEditError';
  readonly code = 'CONFIG_EDIT';
}

/** A setting of a target that cannot be what was asked for; nothing was written. */
export class TargetSettingError extends RedrainError {
  override readonly name = 'TargetSettingError';
  readonly code = 'TARGET_SETTING_INVALID';
  override readonly exitCode = EXIT.usage;
}

/**
 * Sets and removes keys of config.toml, those below `sync` in the table of the
 * two that has them (docs/configuration.md), and keeps every other byte, comments
 * included. All changes are made together or not at all; edits of several
 * processes follow one another and none is lost. Creates the file (0600) and
 * its directory when they are missing. True when the file changed.
 *
 * @throws ConfigUnreadableError when the file cannot be used as it is.
 * @throws ConfigEditError when the result could not be used, TargetSettingError when it is a target that could not.
 * @throws TomlEditError when the change cannot be placed.
 */
export const editConfig = (path: string, changes: readonly TomlChange[]): Promise<boolean> =>
  rewriteConfig(path, (text) => editToml(text, placed(parseToml(text), changes)));

/**
 * Gives a declared target another name, in place, and makes further changes with it.
 *
 * @throws as `editConfig`.
 */
export const renameDeclared = (
  path: string,
  [from, to]: readonly [from: string, to: string],
  changes: readonly TomlChange[],
): Promise<boolean> =>
  rewriteConfig(path, (text) => {
    const table = tableOf(parseToml(text), ['targets', from]);
    const renamed = renameTable(text, [table, 'targets', from], to);
    return editToml(renamed, placed(parseToml(renamed), changes));
  });

async function rewriteConfig(path: string, edit: (text: string) => string): Promise<boolean> {
  await refuseUnreadable(path);
  return rewriteFile(path, (before) => {
    const was = assertUsable(path, before ?? Buffer.alloc(0));
    const after = edit(decodeToml(before ?? Buffer.alloc(0)));
    const result = parseConfig(path, Buffer.from(after));
    if (result.state === 'unreadable') throw new ConfigEditError(result.reason);
    refuseNewFault(was.settings, result.settings);
    if (Buffer.byteLength(after) > MAX_TEXT_BYTES)
      throw new ConfigEditError(
        `${path} would have more than ${MAX_TEXT_BYTES} bytes, which no command reads any more.`,
      );
    return after;
  });
}

/** Seen before anything is claimed or created: permissions, a directory, a dead link. */
async function refuseUnreadable(path: string): Promise<void> {
  const document = await readConfigDocument(path);
  if (document.state === 'unreadable') throw new ConfigUnreadableError(path, document.reason);
}

function assertUsable(path: string, bytes: Buffer): Usable {
  const document = parseConfig(path, bytes);
  if (document.state === 'unreadable') throw new ConfigUnreadableError(path, document.reason);
  return document;
}

type Usable = Exclude<ConfigDocument, { state: 'unreadable' }>;

/** A target that was wrong before is its own trouble: other edits go on. */
function refuseNewFault(before: SyncSettings, after: SyncSettings): void {
  for (const { name, fault } of after.targets.values())
    if (fault !== undefined && before.targets.get(name)?.fault !== fault)
      throw new TargetSettingError(fault.replace(/[.]$/, ''));
}

/**
 * What `redrain server URL` writes. The caller has made sure that the address
 * is usable; this is the only place that writes the key.
 */
export const writeServerUrl = (configPath: string, url: string): Promise<boolean> =>
  editConfig(configPath, [{ path: ['sync', 'server_url'], value: url }]);
