import { readConfigDocument } from '../config/document.js';
import { resolveHome } from '../config/home.js';
import { usesSpecKitty } from '../spec-kitty/presence.js';

/**
 * Whether nothing in the home that would be used is about Spec Kitty; true
 * also where there is no home at all. Reads config.toml, changes nothing.
 */
export async function isNeutralHome(
  home: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  try {
    const paths = resolveHome({ home, env });
    return !usesSpecKitty(paths, env, await readConfigDocument(paths.config));
  } catch {
    // Asked for a help text: a command says what is wrong with the home.
    return true;
  }
}
