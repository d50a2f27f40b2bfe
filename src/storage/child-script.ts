import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside this file as it is compiled; in a folder of their own as it is bundled. */
const PLACES = ['./', './children/', '../children/'];

/** The file of a program that this one runs in a process or thread of its own. */
export function childScript(name: string): string {
  const files = PLACES.map((place) =>
    fileURLToPath(new URL(`${place}${name}.js`, import.meta.url)),
  );
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name}.js is not where redrain was installed`);
  return found;
}
