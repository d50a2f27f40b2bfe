import { settingsOf } from '../config/document.js';
import { editConfig } from '../config/edit.js';
import { type ModeRequest, modeChanges } from '../config/mode-change.js';
import { NAME_IN_FILE, type SyncSettings } from '../config/settings.js';
import { endpointTarget } from '../targets/active-target.js';
import { canonicalUrl } from '../targets/canonical-url.js';
import type { TargetDescription, TargetRecord, TargetSettings } from '../targets/registry.js';
import {
  type SettingChange,
  settingChanges,
  settingsInForce,
} from '../targets/settings-in-force.js';
import type { App } from './app.js';

/** The policy in force, and what a request changed of it. */
export interface ModeReport {
  readonly settings: SyncSettings;
  /** How the configured endpoint is spoken to; undefined while there is none that can be used. */
  readonly external: TargetSettings | undefined;
  /** The endpoint was drained to before: its target, whose settings are kept. */
  readonly knownAs: number | null;
  readonly changes: readonly SettingChange[];
}

/** The policy as it is. Changes nothing. */
export async function readMode(app: App): Promise<ModeReport> {
  const settings = settingsOf((await app.situation()).config);
  return { ...reportOf(settings, await knownIfReadable(app, settings)), changes: [] };
}

/**
 * Puts a request in force. Going back to a known endpoint takes its settings
 * along: config.toml gets them as the target had them, but for what was asked
 * for now.
 *
 * @throws ConfigUnreadableError, StorageUnavailableError when the known targets cannot be read.
 */
export async function changeMode(app: App, request: ModeRequest): Promise<ModeReport> {
  const before = settingsOf((await app.situation()).config);
  const isNew = isNewEndpoint(request, before);
  if (isNew) await mirror(app, before);
  const known = isNew ? await knownRow(app, withEndpoint(before, request)) : undefined;
  const was = isNew ? known?.settings : (await readMode(app)).external;
  await editConfig(
    app.paths.config,
    modeChanges(request, isNew, before.external, known?.settings ?? {}),
  );
  const settings = settingsOf((await app.situation()).config);
  // The file is written, and is what counts: a row that cannot follow now does so at the next drain.
  if (request.mode === 'EXTERNAL_RECEIVER') await mirror(app, settings).catch(() => undefined);
  const report = reportOf(settings, await knownIfReadable(app, settings));
  const after = report.external;
  return { ...report, changes: was && after ? settingChanges(was, after) : [] };
}

/** True for an address other than the configured one. */
export function isNewEndpoint(
  { endpoint }: ModeRequest,
  { external: { endpoint: old } }: SyncSettings,
): boolean {
  if (endpoint === undefined) return false;
  return old === undefined || !isSameAddress(old, endpoint);
}

function isSameAddress(a: string, b: string): boolean {
  try {
    return canonicalUrl(a) === canonicalUrl(b);
  } catch {
    return false;
  }
}

const withEndpoint = (settings: SyncSettings, { endpoint }: ModeRequest): SyncSettings => ({
  ...settings,
  external: { ...settings.external, endpoint },
});

/** The target that the configured endpoint is, whatever the mode. */
function describedBy({ external }: SyncSettings): TargetDescription | undefined {
  const named = endpointTarget(external);
  if (named.state !== 'target') return undefined;
  return { ...named.identity, settings: named.settings, unsaid: named.unsaid };
}

function reportOf(
  settings: SyncSettings,
  known: TargetRecord | undefined,
): Omit<ModeReport, 'changes'> {
  const described = describedBy(settings);
  const external = described && settingsInForce(described, known?.settings);
  return { settings, external, knownAs: known?.id ?? null };
}

async function knownRow(app: App, settings: SyncSettings): Promise<TargetRecord | undefined> {
  const described = describedBy(settings);
  if (described === undefined) return undefined;
  return app.readingStores(async (stores) => stores?.targets.findByKey(described));
}

/** To show, or to stop sending: a journal that cannot be read is no reason to fail. */
function knownIfReadable(app: App, settings: SyncSettings): Promise<TargetRecord | undefined> {
  return knownRow(app, settings).catch(() => undefined);
}

/** A known target's row gets what the file says of it, before another endpoint takes its place there. */
async function mirror(app: App, settings: SyncSettings): Promise<void> {
  const described = describedBy(settings);
  if (described === undefined || (await knownRow(app, settings)) === undefined) return;
  const { targets } = await app.stores();
  await targets.ensure(described, app.now());
}

/** What the configured endpoint keeps where config.toml has no value, by the name of the key. */
export async function keptSettings(app: App): Promise<ReadonlyMap<string, unknown>> {
  const { settings, external } = await readMode(app);
  const unsaid = [...settings.external.unsaid].filter(
    (key) => external !== undefined && external[key] !== settings.external[key],
  );
  return new Map(unsaid.map((key) => [`sync.external.${NAME_IN_FILE[key]}`, external?.[key]]));
}
