import { shownAddress } from '../address/shown-address.js';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { isNamed } from '../config/target-edit.js';
import { isTargetName } from '../config/target-name.js';
import type { DeclaredTarget } from '../config/target-settings.js';
import { declaredAt, declaredTarget, descriptionOf } from '../targets/active-target.js';
import { canonicalUrl, UnusableUrlError, urlHash } from '../targets/canonical-url.js';
import { externalIdentity } from '../targets/identity.js';
import {
  assertNotRetired,
  type TargetDescription,
  type TargetRecord,
  type TargetRegistry,
} from '../targets/registry.js';
import type { Situation } from './situation.js';

/** No target goes by this name; 64 on the command line. */
export class UnknownTargetNameError extends RedrainError {
  override readonly name = 'UnknownTargetNameError';
  readonly code = 'TARGET_NAME_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  override readonly advice = '`redrain targets` lists all targets';
  constructor(given: string, why = 'there is no target') {
    super(`${why} ${shownAddress(given)}`);
  }
}

/** What the configuration says of a target is wrong: it gets nothing, and nothing is decided in its place. */
export class MisconfiguredTargetError extends RedrainError {
  override readonly name = 'MisconfiguredTargetError';
  readonly code = 'TARGET_MISCONFIGURED';
  override readonly exitCode = EXIT.blocked;
}

/** A target that somebody named: its row, what declares it, or both. */
export interface NamedTarget {
  /** Undefined while it has never been drained to. */
  readonly record: TargetRecord | undefined;
  /** Undefined for one that is only known, and for one whose declaration is wrong. */
  readonly description: TargetDescription | undefined;
}

type Settings = Pick<Situation, 'settings'>;

/**
 * The target an operator means by a name, an id or an address: the one resolver
 * of command line, library and jobs. A name in the configuration goes before a
 * name that only the journal has.
 *
 * @throws UnknownTargetNameError when there is none, or several at one address;
 * MisconfiguredTargetError for one that is declared wrongly and not known.
 */
export async function lookUp(
  targets: TargetRegistry | undefined,
  situation: Settings,
  given: string,
): Promise<NamedTarget> {
  if (/^\d{1,15}$/.test(given)) return withDeclaration(situation, await byId(targets, given));
  const known = (await targets?.list()) ?? [];
  if (isTargetName(given)) {
    const named = byName(known, situation, given);
    if (named !== undefined) return named;
  }
  return byAddress(known, situation, given);
}

/** The same where a row is needed. @throws UnknownTargetNameError for a target that has none yet. */
export async function namedTarget(
  targets: TargetRegistry | undefined,
  situation: Settings,
  given: string,
): Promise<TargetRecord> {
  const { record } = await lookUp(targets, situation, given);
  if (record === undefined)
    throw new UnknownTargetNameError(given, 'nothing was ever sent to the target');
  return record;
}

/** The same, and makes the row of a declared target that has none yet, or lets it follow the configuration. */
export async function ensureNamed(
  targets: TargetRegistry,
  situation: Settings,
  given: string,
  now: number,
): Promise<TargetRecord> {
  const { record, description } = await lookUp(targets, situation, given);
  if (description !== undefined) return targets.ensure(description, now);
  return record as TargetRecord;
}

async function byId(targets: TargetRegistry | undefined, given: string): Promise<TargetRecord> {
  const target = await targets?.find(Number(given));
  if (target === undefined) throw new UnknownTargetNameError(given);
  return target;
}

function byName(
  known: readonly TargetRecord[],
  situation: Settings,
  given: string,
): NamedTarget | undefined {
  const declared = situation.settings.targets.get(given);
  if (declared !== undefined && isNamed(declared)) return asDeclared(known, declared);
  const record = known.find(({ name }) => name === given);
  if (record !== undefined) return withDeclaration(situation, record);
  return declared && asDeclared(known, declared);
}

function byAddress(
  known: readonly TargetRecord[],
  situation: Settings,
  given: string,
): NamedTarget {
  const hash = urlHash(addressOf(given));
  const there = known.filter((target) => target.urlHash === hash);
  if (there.length > 1)
    throw new UnknownTargetNameError(
      given,
      `targets ${there.map(({ id }) => id).join(', ')} share one address, name one by its id instead of`,
    );
  if (there[0] !== undefined) return withDeclaration(situation, there[0]);
  const declared = declaredAt(situation.settings, hash);
  if (declared === undefined) throw new UnknownTargetNameError(given);
  return asDeclared(known, declared);
}

/** A known target with what declares it. A Teamspace at the same address is another one: team and user count as well. */
export function withDeclaration({ settings }: Settings, record: TargetRecord): NamedTarget {
  const declared = declaredAt(settings, record.urlHash);
  const description = declared && descriptionOf(declaredTarget(declared));
  const isSame = description !== undefined && description.userEmail === record.userEmail;
  return { record, description: isSame ? description : undefined };
}

function asDeclared(known: readonly TargetRecord[], declared: DeclaredTarget): NamedTarget {
  const target = declaredTarget(declared);
  if (target.state === 'target') {
    const { urlHash: hash, userEmail } = target.identity;
    const record = known.find((one) => one.urlHash === hash && one.userEmail === userEmail);
    return { record, description: descriptionOf(target) };
  }
  const record = known.find((one) => isRowOf(one, declared));
  if (record === undefined) throw new MisconfiguredTargetError(target.message);
  return { record, description: undefined };
}

/** Of a declaration that is wrong: by its address where that can be used, else by its name. */
function isRowOf(
  { urlHash: hash, userEmail, name }: TargetRecord,
  { url, ...declared }: DeclaredTarget,
) {
  try {
    const identity = externalIdentity(url ?? '');
    return identity.urlHash === hash && identity.userEmail === userEmail;
  } catch {
    return name === declared.name;
  }
}

/** The row of the active target, or undefined while nothing was ever drained to it. */
export async function activeRow(
  targets: TargetRegistry | undefined,
  { description }: Situation,
): Promise<TargetRecord | undefined> {
  return description && targets?.findByKey(description);
}

/** The named target, else the active one; it must be in use. */
export async function targetInUse(
  targets: TargetRegistry | undefined,
  situation: Situation,
  given: string | undefined,
): Promise<TargetRecord> {
  const target =
    given === undefined
      ? await activeRow(targets, situation)
      : await namedTarget(targets, situation, given);
  if (target === undefined) throw new UnknownTargetNameError('in force yet', 'there is no target');
  assertNotRetired(target);
  return target;
}

/** Several, each once however it was named; all must be in use. @throws as `targetInUse`. */
export async function targetsNamed(
  targets: TargetRegistry | undefined,
  situation: Situation,
  names: readonly string[],
): Promise<TargetRecord[]> {
  const found = new Map<number, TargetRecord>();
  for (const name of names) {
    const target = await targetInUse(targets, situation, name);
    found.set(target.id, target);
  }
  return [...found.values()];
}

function addressOf(given: string): string {
  try {
    return canonicalUrl(given);
  } catch (error) {
    if (error instanceof UnusableUrlError) throw new UnknownTargetNameError(error.shownUrl);
    throw error;
  }
}
