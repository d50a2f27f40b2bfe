import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Files that pages load, and what they are. */
const TYPES: Readonly<Record<string, string>> = {
  'style.css': 'text/css; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Beside this file as it is bundled or in its source, which a compiled file has to look for. */
const PLACES = ['./assets/', '../assets/', '../../../src/observatory/assets/'];

export interface Asset {
  readonly type: string;
  readonly text: string;
}

/** One of the files; undefined for any other name. */
export async function assetNamed(name: string): Promise<Asset | undefined> {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  return type === undefined ? undefined : { type, text: await readFile(pathOf(name), 'utf8') };
}

function pathOf(name: string): string {
  const paths = PLACES.map((place) => fileURLToPath(new URL(`${place}${name}`, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is missing where redrain is installed`);
  return found;
}
