import type { Advised } from '../base/advice.js';
import type { SyncSettings } from '../config/settings.js';
import { isNamed } from '../config/target-edit.js';
import type { DeclaredTarget } from '../config/target-settings.js';
import { spelledMode } from '../policy/mode.js';
import { UnusableUrlError } from './canonical-url.js';
import { externalIdentity, type TargetIdentity } from './identity.js';
import type { TargetDescription, TargetSettings } from './registry.js';

/** What a drain would go to right now. */
export type ActiveTarget =
  | {
      readonly state: 'target';
      readonly identity: TargetIdentity;
      readonly settings: TargetSettings;
      /** What the operator calls it; undefined where nobody named it. */
      readonly name?: string | undefined;
      readonly unsaid?: TargetDescription['unsaid'];
    }
  /** The mode delivers nothing: a no-op, not an error. */
  | (Advised & { readonly state: 'none' })
  /** The mode delivers, but its target is not usable; says what to type next. */
  | (Advised & {
      readonly state: 'error';
      /** Nobody has named a target yet: nothing is wrong. */
      readonly isUnnamed?: true;
    });

export type UsableTarget = Extract<ActiveTarget, { state: 'target' }>;

const SET_ENDPOINT = 'Run `redrain mode EXTERNAL_RECEIVER --endpoint URL`.';
const NAME_ONE = 'Run `redrain use NAME`.';

/** Said where a target is wanted and nobody has named one: the command line adds what to type. */
export const NO_TARGET_YET = 'no target yet';

/** The declared target that EXTERNAL_RECEIVER delivers to, whatever the mode is now. */
export function activeDeclared({ targets, activeTarget }: SyncSettings): ActiveTarget {
  if (activeTarget === undefined && targets.size === 0)
    return { state: 'error', message: NO_TARGET_YET, isUnnamed: true };
  if (activeTarget === undefined)
    return { state: 'error', message: 'No target is active.', advice: NAME_ONE };
  const declared = targets.get(activeTarget);
  if (declared !== undefined) return declaredTarget(declared);
  const message = `The active target is ${JSON.stringify(activeTarget)}, and no target of that name is declared.`;
  return { state: 'error', message, advice: NAME_ONE };
}

/** Asked for before every request, and the same as long as config.toml is. */
const MEANT = new WeakMap<DeclaredTarget, ActiveTarget>();

/** The target that a declaration means, or why it means none. */
export function declaredTarget(declared: DeclaredTarget): ActiveTarget {
  const target = MEANT.get(declared) ?? meantBy(declared);
  MEANT.set(declared, target);
  return target;
}

function meantBy(declared: DeclaredTarget): ActiveTarget {
  const { name, place, url, settings, unsaid, fault } = declared;
  if (fault !== undefined || url === undefined) return { state: 'error', message: fault ?? '' };
  try {
    const identity = externalIdentity(url);
    const named = isNamed(declared) ? { name } : {};
    return { state: 'target', identity, settings, unsaid: [...unsaid], ...named };
  } catch (error) {
    if (!(error instanceof UnusableUrlError)) throw error;
    if (isNamed(declared)) return { state: 'error', message: `${place}.url: ${error.message}` };
    return { state: 'error', message: `The endpoint ${error.message}`, advice: SET_ENDPOINT };
  }
}

/** A declared target as the registry knows one; undefined while it cannot be used. */
export function descriptionOf(target: ActiveTarget): TargetDescription | undefined {
  if (target.state !== 'target') return undefined;
  const { identity, settings, name, unsaid = [] } = target;
  return { ...identity, settings, unsaid, ...(name === undefined ? {} : { name }) };
}

const BY_HASH = new WeakMap<SyncSettings['targets'], ReadonlyMap<string, DeclaredTarget>>();

/** The declared target at an address, by its hash; the first where several are. */
export function declaredAt({ targets }: SyncSettings, urlHash: string): DeclaredTarget | undefined {
  const known = BY_HASH.get(targets) ?? byHash(targets);
  BY_HASH.set(targets, known);
  return known.get(urlHash);
}

function byHash(targets: SyncSettings['targets']): ReadonlyMap<string, DeclaredTarget> {
  const hashes = new Map<string, DeclaredTarget>();
  for (const declared of targets.values()) {
    const hash = hashOf(declared);
    if (hash !== undefined && !hashes.has(hash)) hashes.set(hash, declared);
  }
  return hashes;
}

/** Of one that is wrong, too, as long as its address is not. */
function hashOf(declared: DeclaredTarget): string | undefined {
  const target = declaredTarget({ ...declared, fault: undefined });
  return target.state === 'target' ? target.identity.urlHash : undefined;
}

/**
 * Why a known target gets nothing: what declares it is wrong. One that is wrong
 * in its address as well is found by its name.
 */
export function faultOf(
  settings: SyncSettings,
  { urlHash, name }: Pick<TargetDescription, 'urlHash' | 'name'>,
): string | undefined {
  const there = declaredAt(settings, urlHash);
  if (there !== undefined) return there.fault;
  const called = name === undefined ? undefined : settings.targets.get(name);
  return called?.url === undefined ? called?.fault : undefined;
}

/** Why a mode sends nothing, and what to type to send. */
export function whyNone(
  { mode, targets, activeTarget }: SyncSettings,
  usesSpecKitty: boolean,
): Advised {
  const word = spelledMode(mode, usesSpecKitty);
  const how = sendsAgain(targets, activeTarget, usesSpecKitty);
  return mode === 'OPT_OUT'
    ? { message: `Mode ${word} sends nothing.`, advice: `Run ${how} to deliver what is kept.` }
    : {
        message: `Mode ${word} keeps events and sends nothing.`,
        advice: `Run ${how} to deliver them.`,
      };
}

function sendsAgain(
  targets: SyncSettings['targets'],
  activeTarget: string | undefined,
  usesSpecKitty: boolean,
): string {
  if (usesSpecKitty) return '`redrain mode TEAMSPACE`';
  if (targets.size > 0) return `\`redrain use ${activeTarget ?? 'NAME'}\``;
  return '`redrain targets add NAME URL` and `redrain use NAME`';
}
