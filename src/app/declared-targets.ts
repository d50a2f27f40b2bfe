import { shownAddress } from '../address/shown-address.js';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { settingsOf } from '../config/document.js';
import { editConfig, renameDeclared } from '../config/edit.js';
import type { SyncSettings } from '../config/settings.js';
import {
  isNamed,
  newTable,
  type SettingsEdit,
  saidOf,
  type TargetEdit,
  targetChanges,
  useChanges,
} from '../config/target-edit.js';
import { freeName, nameFault, nameFromAddress } from '../config/target-name.js';
import { type DeclaredTarget, SETTING_IN_FILE } from '../config/target-settings.js';
import type { TomlChange } from '../config/toml-edit.js';
import { hasMisplacedVariable } from '../receivers/external/settings.js';
import { declaredAt, declaredTarget, descriptionOf } from '../targets/active-target.js';
import { UnusableUrlError } from '../targets/canonical-url.js';
import { externalIdentity, type TargetIdentity } from '../targets/identity.js';
import {
  AddressTakenError,
  assertNotRetired,
  type TargetDescription,
  type TargetRecord,
  type TargetSettings,
} from '../targets/registry.js';
import { settingChanges, settingsInForce } from '../targets/settings-in-force.js';
import type { App } from './app.js';
import { kindOf } from './kinds.js';
import { lookUp, MisconfiguredTargetError, UnknownTargetNameError } from './named-target.js';
import type { Situation } from './situation.js';

/** A text that no target can be called. */
export class TargetNameError extends RedrainError {
  override readonly name = 'TargetNameError';
  readonly code = 'TARGET_NAME_INVALID';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly given: string,
    fault: string,
  ) {
    super(`${JSON.stringify(given)} cannot be a name: ${fault}`);
  }
}

/** Another target has this name. */
export class TargetNameTakenError extends RedrainError {
  override readonly name = 'TargetNameTakenError';
  readonly code = 'TARGET_NAME_TAKEN';
  override readonly exitCode = EXIT.usage;
  override readonly advice: string;
  constructor(
    readonly given: string,
    /** Of the one that has it. */
    readonly address: string,
  ) {
    super(`${given} is the name of the target ${address}`);
    this.advice = `\`redrain targets set ${given} url=URL\` gives it another address`;
  }
}

/** The target belongs to Spec Kitty: its address and settings come from the login there. */
export class HostedTargetError extends RedrainError {
  override readonly name = 'HostedTargetError';
  readonly code = 'TARGET_HOSTED';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly targetId: number,
    readonly target: string,
  ) {
    super(`the target ${target} has its address and settings from the login at its server`);
  }
}

export interface NewTarget {
  readonly name: string;
  /** Its variables unexpanded. */
  readonly url: string;
  readonly settings?: SettingsEdit;
}

/** A declared target as it is after a change. */
export interface DeclaredReport {
  readonly declared: DeclaredTarget;
  /** Its row, which mirrors name and settings. */
  readonly record: TargetRecord;
  readonly isActive: boolean;
  /** What is other than before, by the keys of config.toml; of a new target everything that is said. */
  readonly changes: readonly NamedChange[];
}

/** One setting that is another now, by its key in config.toml. */
export interface NamedChange {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface AddReport extends DeclaredReport {
  /** The address was drained to, or declared, before: it keeps what it has. */
  readonly wasKnown: boolean;
}

/**
 * Declares a target in config.toml and makes its row. A known address keeps
 * what it has, deliveries and settings, but for those that are given; one that
 * has this name already is changed. The first target of a home that sends
 * nowhere yet is the active one.
 *
 * @throws TargetNameError, TargetNameTakenError, UnusableUrlError, AddressTakenError, ConfigUnreadableError,
 * and TargetSettingError for a setting that is wrong.
 */
export async function addTarget(app: App, wanted: NewTarget): Promise<AddReport> {
  const situation = await app.situation();
  const settings = settingsOf(situation.config);
  const { name, url } = wanted;
  assertAddress(url);
  if (isSameAt(settings, wanted))
    return { ...(await setTarget(app, name, { url, ...wanted.settings })), wasKnown: true };
  await assertFree(app, situation, wanted);
  const known = await knownAt(app, url);
  const edit = { url, ...saidOf(known?.settings ?? {}), ...wanted.settings };
  const use = sendsNowhere(situation) ? useChanges(name, settings.activeTarget) : [];
  await editConfig(app.paths.config, [...use, ...targetChanges(newTable(name), edit)]);
  const report = await reportOn(app, name, known?.settings);
  return { ...report, wasKnown: known !== undefined };
}

/** Declared under this very name and address already. */
function isSameAt(settings: SyncSettings, { name, url }: NewTarget): boolean {
  const there = declaredAt(settings, externalIdentity(url).urlHash);
  return there?.name === name && isNamed(there);
}

/** @throws UnusableUrlError where no event could ever be sent. */
function assertAddress(url: string): void {
  externalIdentity(url);
  if (hasMisplacedVariable(url))
    throw new UnusableUrlError(
      shownAddress(url),
      `only values of its query may be variables, ?key=\${NAME}.`,
    );
}

/** Nothing is declared, no mode was chosen that another target is to change, and nobody is signed in. */
const sendsNowhere = ({ config, settings, description }: Situation): boolean =>
  settings.targets.size === 0 &&
  description === undefined &&
  (config.state !== 'ok' || config.raw.mode === undefined || settings.mode === 'EXTERNAL_RECEIVER');

export interface TargetChangeOptions extends TargetEdit {
  /** With another `url`: it is the same receiver, which has moved, and keeps its ledger. */
  readonly same?: boolean | undefined;
}

/** What an edit of a declared target did to the ledger. */
export interface SetReport extends DeclaredReport {
  /** The target that had the name before; it goes on under another. Null where the address did not change. */
  readonly before: TargetRecord | null;
}

/**
 * Changes settings of one target; one that is `undefined` goes back to its default. Another
 * address makes the name point at another target, which gets everything, unless it is the `same`.
 *
 * @throws UnknownTargetNameError, HostedTargetError, UnusableUrlError, AddressTakenError,
 * ConfigUnreadableError, and TargetSettingError for a setting that is wrong.
 */
export async function setTarget(
  app: App,
  given: string,
  { same = false, ...edit }: TargetChangeOptions,
): Promise<SetReport> {
  if (edit.url !== undefined) assertAddress(edit.url);
  const { declared, record, pending } = await declare(app, given);
  const other = edit.url === undefined ? undefined : externalIdentity(edit.url);
  const isOther = other !== undefined && other.urlHash !== record?.urlHash;
  if (isOther) await assertAddressFree(app, declared.name, edit.url as string);
  const changes = [...pending, ...targetChanges(declared, edit)];
  if (isOther && same && record !== undefined) await moveAnd(app, record, other, changes);
  else await editConfig(app.paths.config, changes);
  const report = await reportOn(app, declared.name, declared.settings);
  const before = record && (await (await app.stores()).targets.find(record.id));
  return {
    ...report,
    before: before === undefined || before.id === report.record.id ? null : before,
  };
}

/**
 * Gives a target another name, in the file and in the journal. Nothing is sent again.
 *
 * @throws UnknownTargetNameError, TargetNameError, TargetNameTakenError, ConfigUnreadableError.
 */
export async function renameTarget(app: App, given: string, name: string): Promise<TargetRecord> {
  const situation = await app.situation();
  const settings = settingsOf(situation.config);
  const stores = await app.storesIfAny();
  const { record, description } = await lookUp(stores?.targets, situation, given);
  const declared = description && declaredAt(settings, description.urlHash);
  if (name !== (declared?.name ?? record?.name)) await assertNameFree(app, settings, name, record);
  if (declared !== undefined) {
    const isActive = settings.activeTarget === declared.name;
    const active = isActive ? [{ path: ['sync', 'target'], value: name }] : [];
    const { config } = app.paths;
    if (isNamed(declared)) await renameDeclared(config, [declared.name, name], active);
    else await editConfig(config, [...asTable(declared, name), ...active]);
    return (await reportOn(app, name)).record;
  }
  const { targets } = await app.stores();
  const { id } = record as TargetRecord;
  await targets.rename(id, name);
  return (await targets.find(id)) as TargetRecord;
}

/** The row moves first: a drain that saw the file first would take the new address for another target. */
async function moveAnd(
  app: App,
  { id, settings, ...was }: TargetRecord,
  to: TargetIdentity,
  changes: readonly TomlChange[],
): Promise<void> {
  const { targets } = await app.stores();
  await targets.move(id, { ...to, settings });
  try {
    await editConfig(app.paths.config, changes);
  } catch (error) {
    await targets.move(id, { ...was, settings });
    throw error;
  }
}

/** `[sync.external]` as a table with a name. */
const asTable = ({ url, settings }: DeclaredTarget, name: string): TomlChange[] => [
  { path: ['sync', 'external'], value: undefined },
  ...targetChanges(newTable(name), { url, ...saidOf(settings) }),
];

/**
 * Makes a target the active one, and chooses the mode that delivers to it. One that is only known
 * is declared with the settings that it has.
 *
 * @throws UnknownTargetNameError, MisconfiguredTargetError, ConfigUnreadableError.
 */
export async function useTarget(app: App, given: string): Promise<TargetRecord> {
  const situation = await app.situation();
  const stores = await app.storesIfAny();
  const { record } = await lookUp(stores?.targets, situation, given);
  if (record !== undefined && kindOf(record).isHosted) {
    await editConfig(app.paths.config, [{ path: ['sync', 'mode'], value: 'TEAMSPACE' }]);
    return record;
  }
  if (record !== undefined) assertNotRetired(record);
  const { declared, pending } = await declare(app, given);
  if (declared.fault !== undefined) throw new MisconfiguredTargetError(declared.fault);
  const { activeTarget } = settingsOf(await app.readConfig());
  await editConfig(app.paths.config, [...pending, ...useChanges(declared.name, activeTarget)]);
  return (await reportOn(app, declared.name)).record;
}

/** A declaration as it will be once the pending edits are made, together with others. */
interface Declaration {
  readonly declared: DeclaredTarget;
  readonly record: TargetRecord | undefined;
  readonly pending: readonly TomlChange[];
}

/**
 * The declaration of a target. One that is only known is to be declared, as it
 * is, and `[sync.external]` becomes a table with a name.
 */
async function declare(app: App, given: string): Promise<Declaration> {
  const situation = await app.situation();
  const settings = settingsOf(situation.config);
  const wrong = settings.targets.get(given);
  if (wrong?.fault !== undefined) return { declared: wrong, record: undefined, pending: [] };
  const stores = await app.storesIfAny();
  const { record, description } = await lookUp(stores?.targets, situation, given);
  const known = description && declaredAt(settings, description.urlHash);
  if (known !== undefined && isNamed(known)) return { declared: known, record, pending: [] };
  if (known !== undefined) return tabled(settings, known, record);
  if (record === undefined) throw new UnknownTargetNameError(given);
  if (kindOf(record).isHosted) throw new HostedTargetError(record.id, record.name);
  const name = freeName(record.name, (one) => settings.targets.has(one));
  const url = record.rawEndpoint.reveal();
  const pending = targetChanges(newTable(name), { url, ...saidOf(record.settings) });
  return { declared: asDeclared(name, url, record.settings), record, pending };
}

/** `[sync.external]` has few of the keys that a table with a name has. */
export function tabled(
  { activeTarget }: SyncSettings,
  external: DeclaredTarget,
  record: TargetRecord | undefined,
): Declaration {
  const { name, url } = external;
  const unsaid = [...external.unsaid];
  const settings = settingsInForce({ settings: external.settings, unsaid }, record?.settings);
  const isActive = activeTarget === name;
  const pending = [
    ...asTable({ ...external, settings }, name),
    ...(isActive ? [{ path: ['sync', 'target'], value: name }] : []),
  ];
  return { declared: asDeclared(name, url, settings), record, pending };
}

const asDeclared = (
  name: string,
  url: string | undefined,
  settings: TargetSettings,
): DeclaredTarget => ({ ...newTable(name), url, settings, unsaid: new Set(), fault: undefined });

/** A declared target after an edit, its row following it. */
async function reportOn(
  app: App,
  name: string,
  before: TargetSettings = {},
): Promise<DeclaredReport> {
  const settings = settingsOf(await app.readConfig());
  const declared = settings.targets.get(name);
  if (declared === undefined) throw new UnknownTargetNameError(name);
  const target = declaredTarget(declared);
  const description = descriptionOf(target);
  if (description === undefined)
    throw new MisconfiguredTargetError(target.state === 'target' ? '' : target.message);
  const record = await (await app.stores()).targets.ensure(description, app.now());
  const changes = settingChanges(before, record.settings).map(({ key, from, to }) => ({
    key: SETTING_IN_FILE[key],
    from,
    to,
  }));
  return { declared, record, isActive: settings.activeTarget === name, changes };
}

async function assertFree(app: App, situation: Situation, { name, url }: NewTarget): Promise<void> {
  await assertAddressFree(app, name, url);
  await assertNameFree(app, situation.settings, name, await knownAt(app, url));
}

/** @throws UnusableUrlError, AddressTakenError where another declared target is there. */
async function assertAddressFree(app: App, name: string, url: string): Promise<void> {
  const { urlHash } = externalIdentity(url);
  const there = declaredAt(settingsOf(await app.readConfig()), urlHash);
  if (there !== undefined && there.name !== name)
    throw new AddressTakenError(shownAddress(url), there.name);
}

async function assertNameFree(
  app: App,
  { targets }: SyncSettings,
  name: string,
  self: TargetRecord | undefined,
): Promise<void> {
  const fault = nameFault(name);
  if (fault !== undefined) throw new TargetNameError(name, fault);
  const rows = await app.readingStores(async (stores) => stores?.targets.list());
  const row = rows?.find((one) => one.name === name && one.id !== self?.id);
  if (row === undefined && !targets.has(name)) return;
  const address = shownAddress(targets.get(name)?.url ?? row?.canonicalUrl ?? '');
  throw new TargetNameTakenError(name, address);
}

/** The known target at an operator's address. */
function knownAt(app: App, url: string): Promise<TargetRecord | undefined> {
  return app.readingStores(async (stores) => stores?.targets.findByKey(externalIdentity(url)));
}

/** A name for a new target at an address that neither the file nor the journal has. */
export function nameForAddress(
  url: string,
  { targets }: SyncSettings,
  rows: readonly Pick<TargetRecord, 'name'>[],
): string {
  const taken = new Set([...targets.keys(), ...rows.map(({ name }) => name)]);
  return freeName(nameFromAddress(url), (name) => taken.has(name));
}

/** What the journal should know of every declared target that can be used. */
export function declaredDescriptions({ targets }: SyncSettings): TargetDescription[] {
  return [...targets.values()].flatMap((one) => descriptionOf(declaredTarget(one)) ?? []);
}
