import { type ConfigDocument, ConfigReader } from '../config/document.js';
import type { HomePaths } from '../config/home.js';
import { DEFAULT_SETTINGS, type SyncSettings } from '../config/settings.js';
import type { ClosedGate } from '../dispatch/ports.js';
import type { Circumstances } from '../receivers/kind.js';
import { readLogin, type SpecKittyLogin } from '../spec-kitty/open-authority.js';
import { usesSpecKitty } from '../spec-kitty/presence.js';
import { descriptionOf } from '../targets/active-target.js';
import type { TargetDescription } from '../targets/registry.js';
import { type Destination, destinationOf } from './kinds.js';

export interface SituationRequest {
  readonly paths: HomePaths;
  readonly env: NodeJS.ProcessEnv;
  readonly processWideOverride?: boolean | undefined;
  /** For those who ask again and again: parses config.toml only when it has changed. */
  readonly reader?: ConfigReader | undefined;
}

/** Configuration, login and active target, resolved once and together. */
export interface Situation extends Circumstances, SpecKittyLogin, Destination {
  /** The target row of this situation; undefined while its identity is not known. */
  readonly description: TargetDescription | undefined;
  /** The first closed gate that can be seen without any network. */
  readonly gate: ClosedGate | undefined;
}

/** Reads files, opens no socket and no database, changes nothing. Never throws for what it finds. */
export async function readSituation(request: SituationRequest): Promise<Situation> {
  const { paths, env } = request;
  const config = await (request.reader ?? new ConfigReader(paths.config)).read();
  const isTheirs = usesSpecKitty(paths, env, config);
  const here = { paths, env, config, usesSpecKitty: isTheirs };
  const settings = settingsHere(config, isTheirs);
  const at = { ...here, settings, ...(await readLogin(request, config)) };
  const destination = destinationOf(at);
  const { active, kind } = destination;
  return {
    ...at,
    ...destination,
    description: describe(destination, kind?.hasIdentity(at) ?? false),
    gate: withReason(kind?.gate(at, active), at.authorityError),
  };
}

/**
 * The settings in force. Where nobody chose a mode, events go to Spec Kitty's
 * server if it is there, and else to the target that is still to be named.
 */
function settingsHere(config: ConfigDocument, isTheirs: boolean): SyncSettings {
  // While the file cannot be read delivery is closed, and these decide nothing.
  const settings = config.state === 'unreadable' ? DEFAULT_SETTINGS : config.settings;
  const isSaid = config.state === 'ok' && config.raw.mode !== undefined;
  return isTheirs || isSaid ? settings : { ...settings, mode: 'EXTERNAL_RECEIVER' };
}

/** Without an identity there is no row yet: it would fork at the first login. */
function describe({ active }: Destination, hasIdentity: boolean): TargetDescription | undefined {
  return hasIdentity ? descriptionOf(active) : undefined;
}

/** Why there is no authority says more than that there is none. */
function withReason(
  gate: ClosedGate | undefined,
  authorityError: string | undefined,
): ClosedGate | undefined {
  if (gate?.reason !== 'config_unreadable' || authorityError === undefined) return gate;
  return gate.message.includes(authorityError)
    ? gate
    : { reason: gate.reason, message: authorityError };
}
