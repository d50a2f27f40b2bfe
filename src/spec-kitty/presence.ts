import { existsSync } from 'node:fs';
import type { ConfigDocument } from '../config/document.js';
import { type HomePaths, hasSpecKittyFiles } from '../config/home.js';
import { parseMode } from '../policy/mode.js';

/**
 * Whether anything in the home or in the environment is of Spec Kitty: its
 * files, a login at its server, one of its variables, or a key of config.toml
 * that only it gives a meaning. Where nothing is, redrain is a tool of its own:
 * there is no target until somebody names one, and nothing says a word of Spec
 * Kitty. Judged at each look, as all of them can come and go.
 */
export function usesSpecKitty(
  paths: HomePaths,
  env: NodeJS.ProcessEnv,
  config: ConfigDocument,
): boolean {
  return (
    hasVariable(env) ||
    hasSpecKittyFiles(paths.home) ||
    existsSync(paths.ownCredentials) ||
    isConfigured(config)
  );
}

const hasVariable = (env: NodeJS.ProcessEnv): boolean =>
  Object.keys(env).some((name) => name.startsWith('SPEC_KITTY_') && env[name]?.trim());

/** Keys that redrain shows or follows for users of Spec Kitty alone. */
const KEYS = ['server_url', 'max_queue_size', 'background_daemon'];

function isConfigured(config: ConfigDocument): boolean {
  if (config.state !== 'ok') return false;
  const { raw } = config;
  const { mode } = raw;
  const isChosen = typeof mode === 'string' && parseMode(mode) === 'TEAMSPACE';
  return isChosen || KEYS.some((key) => raw[key] !== undefined);
}
