import { isDeepStrictEqual } from 'node:util';
import {
  type DeclaredTarget,
  SETTING_IN_FILE,
  type TargetSetting,
  type TargetSettings,
  withDefaults,
} from './target-settings.js';
import type { TomlValue } from './toml.js';
import type { TomlChange } from './toml-edit.js';

/** What to change of a declared target; a setting that is undefined is taken out of the file. */
export interface TargetEdit extends SettingsEdit {
  /** As the operator writes it, its variables unexpanded. */
  readonly url?: string | undefined;
}

export type SettingsEdit = { readonly [K in TargetSetting]?: TargetSettings[K] | undefined };

const SETTINGS = Object.keys(SETTING_IN_FILE) as TargetSetting[];

/** True for a target that the operator named; that of `[sync.external]` has a name made from its host. */
export const isNamed = ({ place }: Pick<DeclaredTarget, 'place'>): boolean =>
  !/^(sync|redrain)\.external$/.test(place);

/** The edits of config.toml that change one declared target, or declare it. */
export function targetChanges(
  target: Pick<DeclaredTarget, 'name' | 'place' | 'settings'>,
  edit: TargetEdit,
): TomlChange[] {
  const table = isNamed(target) ? ['sync', 'targets', target.name] : ['sync', 'external'];
  const changes: TomlChange[] = [];
  if (edit.url !== undefined)
    changes.push({ path: [...table, isNamed(target) ? 'url' : 'endpoint'], value: edit.url });
  for (const key of SETTINGS.filter((one) => one in edit)) {
    const path = [...table, SETTING_IN_FILE[key]];
    if (key === 'headers') changes.push(...headerChanges(path, target.settings, edit));
    else
      changes.push({
        path,
        value: key === 'secretEnv' ? asWritten(edit[key]) : (edit[key] as TomlValue | undefined),
      });
  }
  return changes;
}

/** A list of one name is written as the name. */
const asWritten = (names: readonly string[] | undefined): TomlValue | undefined =>
  names?.length === 1 ? names[0] : names;

/** Header by header, so that those that stay keep their comments. */
function headerChanges(
  path: readonly string[],
  { headers: before = {} }: TargetSettings,
  { headers = {} }: SettingsEdit,
): TomlChange[] {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(headers, name));
  return [
    ...gone.map((name) => ({ path: [...path, name], value: undefined })),
    ...Object.entries(headers).map(([name, value]) => ({ path: [...path, name], value })),
  ];
}

/** What a table has to say so that a target has these settings. */
export function saidOf(settings: TargetSettings): SettingsEdit {
  const silent = withDefaults({});
  return Object.fromEntries(
    SETTINGS.filter((key) => {
      const value = settings[key];
      const isEmpty = key === 'headers' && Object.keys(value ?? {}).length === 0;
      return value !== undefined && !isEmpty && !isDeepStrictEqual(value, silent[key]);
    }).map((key) => [key, settings[key]]),
  );
}

/** A table of a target that is not in the file yet. */
export const newTable = (name: string): Pick<DeclaredTarget, 'name' | 'place' | 'settings'> => ({
  name,
  place: `sync.targets.${name}`,
  settings: {},
});

/** The edits that make a declared target the one that EXTERNAL_RECEIVER delivers to. */
export function useChanges(name: string, activeTarget: string | undefined): TomlChange[] {
  const mode = { path: ['sync', 'mode'], value: 'EXTERNAL_RECEIVER' };
  return activeTarget === name ? [mode] : [mode, { path: ['sync', 'target'], value: name }];
}
