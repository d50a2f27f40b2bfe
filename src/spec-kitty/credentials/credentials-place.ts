import { isTable, type TomlTable } from '../../config/toml-table.js';
import { originOf } from '../../targets/origin.js';

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
