import type { ConfigDocument } from '../config/document.js';
import type { SyncSettings } from '../config/settings.js';
import type { ClosedGate, Permission, PermissionNow } from '../dispatch/ports.js';
import { policyOf, spelledMode } from '../policy/mode.js';
import { permissionOf } from '../policy/permission.js';
import { faultOf } from '../targets/active-target.js';
import type {
  TargetDescription,
  TargetRecord,
  TargetRegistry,
  TargetSettings,
} from '../targets/registry.js';
import { FROM_ALL, UnusableStartError } from '../targets/start.js';
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
  readonly #usesSpecKitty: boolean;

  constructor(
    readConfig: () => Promise<ConfigDocument>,
    targets: Pick<TargetRegistry, 'find'>,
    target: TargetRecord,
    usesSpecKitty: boolean,
  ) {
    this.#readConfig = readConfig;
    this.#targets = targets;
    this.#target = target;
    this.#usesSpecKitty = usesSpecKitty;
  }

  async now(): Promise<PermissionNow> {
    const config = await this.#readConfig();
    if (config.state === 'unreadable')
      return { reason: 'config_unreadable', message: config.reason };
    const { settings } = config;
    const target = (await this.#targets.find(this.#target.id)) ?? this.#target;
    const heldBy = permissionOf(settings.projectRules, settingsNow(config, target));
    const ofMode = modeGate({ settings, usesSpecKitty: this.#usesSpecKitty });
    const gate = ofMode ?? retiredGate(target) ?? faultGate(settings, target);
    return gate === undefined ? heldBy : { ...gate, heldBy };
  }
}

/** Closed while the mode sends nothing to anybody, to named targets neither. */
export function modeGate({
  settings: { mode },
  usesSpecKitty,
}: Pick<Situation, 'settings' | 'usesSpecKitty'>): ClosedGate | undefined {
  if (policyOf(mode).delivery !== 'none') return undefined;
  const word = spelledMode(mode, usesSpecKitty);
  const message = `Mode ${word} sends nothing, to named targets neither. Events that are kept stay for later`;
  return { reason: 'delivery_off', message, advice: `${sendsAgain(usesSpecKitty)}.` };
}

const sendsAgain = (usesSpecKitty: boolean): string =>
  usesSpecKitty
    ? '`redrain mode TEAMSPACE` or `redrain mode EXTERNAL_RECEIVER` sends again'
    : '`redrain use NAME` sends again';

function retiredGate({ name, retiredAt }: TargetRecord): ClosedGate | undefined {
  if (retiredAt === null) return undefined;
  const message = `The target ${name} is retired and gets nothing`;
  const advice = `\`redrain targets restore ${name}\` brings it back.`;
  return { reason: 'target_retired', message, advice };
}

/** Closed while what the configuration says of the target is wrong: nothing is decided in its place. */
export function faultGate(settings: SyncSettings, target: TargetRecord): ClosedGate | undefined {
  const fault = faultOf(settings, target);
  return fault === undefined ? undefined : { reason: 'config_unreadable', message: fault };
}

/** A target as a report asks about it: its row, or what would make one; the active target where neither is known. */
export interface Subject {
  readonly record?: TargetRecord | undefined;
  readonly description?: TargetDescription | undefined;
}

/** What it gets by the configuration in force. */
function filtersNow(situation: Situation, { record, description }: Subject): TargetSettings {
  if (record !== undefined) return settingsNow(situation, record);
  if (description !== undefined) return description.settings;
  return situation.active.state === 'target' ? situation.active.settings : {};
}

/**
 * Where a target is about to start: the next drain makes its row, or moves its
 * start to what config.toml says now. Null where it starts as it is stored.
 */
export async function newStartOf(
  targets: Pick<TargetRegistry, 'startSeqOf'> | undefined,
  situation: Situation,
  now: number,
  subject: Subject,
): Promise<number | null> {
  const { from = FROM_ALL } = filtersNow(situation, subject);
  if (targets === undefined || from === (subject.record?.settings.from ?? FROM_ALL)) return null;
  try {
    return await targets.startSeqOf(from, now);
  } catch (error) {
    // A drain says so, and sends nothing; a report goes on.
    if (error instanceof UnusableStartError) return null;
    throw error;
  }
}

/** The types that each known target gets by the configuration in force, where these are not all. */
export async function typesByTarget(
  targets: Pick<TargetRegistry, 'list'>,
  situation: Situation,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const filters = (await targets.list()).map(
    (target) => [target.id, settingsNow(situation, target).types ?? []] as const,
  );
  return new Map(filters.filter(([, types]) => types.length > 0));
}

/** Which origins a target may have, by the rules in force. */
export const permissionAt = (situation: Situation, subject: Subject): Permission =>
  permissionOf(situation.settings.projectRules, filtersNow(situation, subject));

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
