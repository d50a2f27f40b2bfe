import { settingsOf } from '../config/document.js';
import {
  SETTING_IN_FILE,
  TARGET_DEFAULTS,
  type TargetSetting,
  type TargetSettings,
} from '../config/target-settings.js';
import { isTable, type TomlTable } from '../config/toml.js';
import type { TargetLedger } from '../reports/ledger-section.js';
import { declaredAt } from '../targets/active-target.js';
import type { TargetDescription, TargetRecord } from '../targets/registry.js';
import { formatInForce } from '../targets/settings-in-force.js';
import type { App } from './app.js';
import { kindOf } from './kinds.js';
import { lookUp } from './named-target.js';
import type { Situation } from './situation.js';
import { reportStatus } from './status.js';
import { settingsNow } from './target-permission.js';
import { gapOf, type TargetGap } from './undelivered.js';

/** One setting of a target as it counts now. */
export interface SettingInForce {
  /** As config.toml spells it. */
  readonly key: string;
  readonly value: unknown;
  /** `kept`: the file does not say it, and the target was given it before. */
  readonly from: 'file' | 'kept' | 'default';
}

/** Everything there is to say about one target. */
export interface TargetDetails {
  /** Undefined while it has no row. */
  readonly record: TargetRecord | undefined;
  readonly name: string;
  readonly address: string;
  /** Where it is declared, such as `redrain.targets.billing`; null for one that is only known. */
  readonly declaredIn: string | null;
  readonly isActive: boolean;
  /** Empty for a hosted one: its settings are those of the login. */
  readonly settings: readonly SettingInForce[];
  /** Counts, as `status` has them; undefined before the first drain. */
  readonly ledger: TargetLedger | undefined;
  /** What it lacks, and how that comes back; undefined without a journal. */
  readonly gap: TargetGap | undefined;
}

/**
 * One target, by its name, id or address. Changes nothing.
 *
 * @throws UnknownTargetNameError, MisconfiguredTargetError, ConfigUnreadableError.
 */
export async function readTarget(app: App, given: string): Promise<TargetDetails> {
  const { situation, record, description } = await app.reading(async ({ situation, stores }) => {
    settingsOf(situation.config);
    return { situation, ...(await lookUp(stores?.targets, situation, given)) };
  });
  const target = (record ?? description) as TargetDescription;
  const declared = description && declaredAt(situation.settings, description.urlHash);
  const { document } = await reportStatus(app);
  const { delivery_ledger: ledger, delivery_targets: targets } = document;
  const rows = 'error' in ledger ? [] : ledger.per_target;
  const current = 'error' in targets ? null : targets.current.target_id;
  return {
    record,
    name: record?.name ?? declared?.name ?? target.canonicalUrl,
    address: target.canonicalUrl,
    declaredIn: declared?.place ?? null,
    isActive: record === undefined ? isActive(situation, target) : record.id === current,
    settings: settingsInForce(situation, record, description),
    ledger: rows.find(({ target_id }) => target_id === record?.id),
    gap: await gapOf(app, record?.id ?? null),
  };
}

const isActive = ({ description }: Situation, { urlHash, userEmail }: TargetDescription): boolean =>
  description?.urlHash === urlHash && description.userEmail === userEmail;

function settingsInForce(
  situation: Situation,
  record: TargetRecord | undefined,
  description: TargetDescription | undefined,
): SettingInForce[] {
  const target = record ?? description;
  if (target !== undefined && kindOf(target).isHosted) return [];
  const inForce = record === undefined ? description?.settings : settingsNow(situation, record);
  const said = saidIn(situation, description);
  const settings = inForce ?? {};
  const format = target && formatInForce({ ...target, settings });
  const defaults: TargetSettings = { ...TARGET_DEFAULTS, ...(format && { format }) };
  return (Object.keys(SETTING_IN_FILE) as TargetSetting[]).flatMap((setting) => {
    const key = SETTING_IN_FILE[setting];
    const value = inForce?.[setting] ?? defaults[setting];
    if (isSilent(setting, value, inForce)) return [];
    const isKept = JSON.stringify(value) !== JSON.stringify(defaults[setting]);
    return [{ key, value, from: said.has(key) ? 'file' : isKept ? 'kept' : 'default' }];
  });
}

/** Nothing there to show. */
function isSilent(setting: TargetSetting, value: unknown, inForce: TargetSettings | undefined) {
  if (value === undefined) return true;
  const { format = TARGET_DEFAULTS.format } = inForce ?? {};
  if (setting === 'mode') return format !== 'cloudevents';
  return setting === 'headers' && Object.keys(value as object).length === 0;
}

/** The keys that the file has of this target. */
function saidIn(
  { config, settings }: Situation,
  description: TargetDescription | undefined,
): ReadonlySet<string> {
  const declared = description && declaredAt(settings, description.urlHash);
  if (declared === undefined || config.state !== 'ok') return new Set();
  const [, ...path] = declared.place.split('.');
  const isExternal = path.length === 1;
  const table = isExternal ? config.raw.external : tableAt(config.raw, declared.name);
  return new Set(isTable(table) ? Object.keys(table) : []);
}

const tableAt = ({ targets }: TomlTable, name: string): unknown =>
  isTable(targets) ? targets[name] : undefined;
