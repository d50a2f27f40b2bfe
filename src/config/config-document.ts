import type { SyncSettings } from './settings.js';
import type { TomlTable } from './toml-table.js';

/**
 * What config.toml says at one moment. Unreadable is a state of its own and
 * never means "defaults", which would make a sender of a machine that had opted
 * out: delivery closes, edits are refused, capture goes on.
 */
export type ConfigDocument =
  | { readonly state: 'absent'; readonly path: string; readonly settings: SyncSettings }
  | {
      readonly state: 'ok';
      readonly path: string;
      readonly settings: SyncSettings;
      /** The `[sync]` table as written, for showing what comes from the file. */
      readonly raw: TomlTable;
    }
  | {
      readonly state: 'unreadable';
      readonly path: string;
      /** What is wrong and where, as a full sentence without secrets. */
      readonly reason: string;
    };
