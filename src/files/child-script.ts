import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside the file that asks, as it is compiled; in a folder of their own as they are bundled. */
const PLACES = [
  ['./', '.js'],
  ['../children/', '.cjs'],
] as const;

/**
 * The file of a program that runs in a process or thread of its own. `asker` is
 * the `import.meta.url` of the module that starts it.
 */
export function childScript(asker: string, name: string): string {
  const files = PLACES.map(([place, end]) =>
    fileURLToPath(new URL(`${place}${name}${end}`, asker)),
  );
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} is missing where redrain is installed`);
  return found;
}
