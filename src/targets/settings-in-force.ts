import { TARGET_DEFAULTS } from '../config/target-settings.js';
import type { TargetDescription, TargetSettings } from './registry.js';

/** One setting of a target that is about to be another one. */
export interface SettingChange {
  readonly key: keyof TargetSettings;
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * The settings of a target right now. What the configuration says counts; what
 * it is silent about stays as the target had it, so that going back to a known
 * endpoint never widens what it gets. A target never seen has the defaults.
 */
export function settingsInForce(
  { settings, unsaid = [] }: Pick<TargetDescription, 'settings' | 'unsaid'>,
  kept: TargetSettings | undefined,
): TargetSettings {
  if (kept === undefined) return settings;
  const silent = unsaid.filter((key) => kept[key] !== undefined);
  return { ...settings, ...Object.fromEntries(silent.map((key) => [key, kept[key]])) };
}

/** What differs, setting by setting; an absent header list and an empty one are the same. */
export function settingChanges(before: TargetSettings, after: TargetSettings): SettingChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<
    keyof TargetSettings
  >;
  return [...keys]
    .filter((key) => comparable(before[key]) !== comparable(after[key]))
    .map((key) => ({ key, from: before[key] ?? null, to: after[key] ?? null }));
}

function comparable(value: unknown): string {
  const isAbsent = value === undefined || value === null;
  if (typeof value !== 'object' && !isAbsent) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How the requests of a target look, said or not. */
export function formatInForce({
  canonicalUrl,
  settings,
}: Pick<TargetDescription, 'canonicalUrl' | 'settings'>): NonNullable<TargetSettings['format']> {
  const isModule = canonicalUrl.startsWith('module:');
  return settings.format ?? (isModule ? 'module' : TARGET_DEFAULTS.format);
}
