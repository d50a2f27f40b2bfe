import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigDocument, readConfigDocument } from '../../src/config/document.js';
import { type HomePaths, resolveHome } from '../../src/config/home.js';
import { temporaryHome } from '../support/temporary-home.js';

/** A home with these files, and what its config.toml says. */
export async function givenHome(
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<{ paths: HomePaths; config: ConfigDocument }> {
  const home = temporaryHome();
  mkdirSync(join(home, 'redrain'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content);
  const paths = resolveHome({ home, env: {} });
  return { paths, config: await readConfigDocument(paths.config) };
}

export const configNaming = (url: string): string =>
  `[sync]\nserver_url = ${JSON.stringify(url)}\n`;
