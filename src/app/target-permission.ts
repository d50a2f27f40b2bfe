import type { ConfigDocument } from '../config/document.js';
import type { SyncSettings } from '../config/settings.js';
import type { ClosedGate, Permission, PermissionNow } from '../dispatch/ports.js';
import { type Mode, policyOf } from '../policy/mode.js';
import { permissionOf } from '../policy/permission.js';
import { faultOf } from '../targets/active-target.js';
import type { TargetRecord, TargetRegistry, TargetSettings } from '../targets/registry.js';
import { kindOf } from './kinds.js';
import type { Situation } from './situation.js';

/**
 * What one target may be given, asked afresh before every request: the mode,
 * the configuration, the project rules and whether the target is retired. Costs
 * one look at config.toml (a read where it has changed) and a read of one row.
 */
export class TargetPermission {
  readonly #readConfig: () => Promise<ConfigDocument>;
  readonly #targets: Pick<TargetRegistry, 'find'>;
  readonly #target: TargetRecord;

  constructor(
    readConfig: () => Promise<ConfigDocument>,
    targets: Pick<TargetRegistry, 'find'>,
    target: TargetRecord,
  ) {
    this.#readConfig = readConfig;
    this.#targets = targets;
    this.#target = target;
  }

  async now(): Promise<PermissionNow> {
    const config = await this.#readConfig();
    if (config.state === 'unreadable')
      return { reason: 'config_unreadable', message: config.reason };
    const { settings } = config;
    const target = (await this.#targets.find(this.#target.id)) ?? this.#target;
    const { projects } = settingsNow(config, target);
    const heldBy = permissionOf(settings.projectRules, projects);
    const gate = modeGate(settings.mode) ?? retiredGate(target) ?? faultGate(settings, target);
    return gate === undefined ? heldBy : { ...gate, heldBy };
  }
}

/** Closed while the mode sends nothing to anybody, to named targets neither. */
export function modeGate(mode: Mode): ClosedGate | undefined {
  if (policyOf(mode).delivery !== 'none') return undefined;
  const message = `Mode ${mode} sends nothing, to named targets neither. Events that are kept stay for later: \`redrain mode TEAMSPACE\` or \`redrain mode EXTERNAL_RECEIVER\` sends again.`;
  return { reason: 'delivery_off', message };
}

function retiredGate({ id, retiredAt }: TargetRecord): ClosedGate | undefined {
  if (retiredAt === null) return undefined;
  const message = `Target ${id} is retired and gets nothing: \`redrain targets restore ${id}\` brings it back.`;
  return { reason: 'target_retired', message };
}

/** Closed while what the configuration says of the target is wrong: nothing is decided in its place. */
export function faultGate(settings: SyncSettings, target: TargetRecord): ClosedGate | undefined {
  const fault = faultOf(settings, target);
  return fault === undefined ? undefined : { reason: 'config_unreadable', message: fault };
}

/** Which projects a target gets; of one that was never drained, those the active target would. */
export function projectsNow(
  situation: Situation,
  target: TargetRecord | undefined,
): TargetSettings['projects'] {
  if (target !== undefined) return settingsNow(situation, target).projects;
  return situation.active.state === 'target' ? situation.active.settings.projects : 'all';
}

/** Which origins a target may have, by the rules in force. */
export const permissionAt = (situation: Situation, target: TargetRecord | undefined): Permission =>
  permissionOf(situation.settings.projectRules, projectsNow(situation, target));

type Configuration = Pick<Exclude<ConfigDocument, { state: 'unreadable' }>, 'settings'>;

/**
 * The settings of a known target as they are now: for the endpoint that the
 * configuration names these are what it says, for any other its own.
 */
export function settingsNow(
  { settings }: Configuration | Situation,
  target: TargetRecord,
): TargetSettings {
  return kindOf(target).settingsNow(target, settings);
}
