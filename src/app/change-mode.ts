import { ifPossible } from '../base/error.js';
import { settingsOf } from '../config/document.js';
import { editConfig } from '../config/edit.js';
import { withoutForeign } from '../config/request-frame.js';
import type { SyncSettings } from '../config/settings.js';
import {
  isNamed,
  newTable,
  type SettingsEdit,
  saidOf,
  targetChanges,
  useChanges,
} from '../config/target-edit.js';
import {
  type DeclaredTarget,
  SETTING_IN_FILE,
  type TargetSettings,
} from '../config/target-settings.js';
import type { TomlChange } from '../config/toml-edit.js';
import type { Mode } from '../policy/mode.js';
import { declaredAt, declaredTarget, descriptionOf } from '../targets/active-target.js';
import { externalIdentity } from '../targets/identity.js';
import type { TargetDescription, TargetRecord } from '../targets/registry.js';
import {
  type SettingChange,
  settingChanges,
  settingsInForce,
} from '../targets/settings-in-force.js';
import type { App } from './app.js';
import { nameForAddress, tabled } from './declared-targets.js';
import type { Situation } from './situation.js';

/** What `redrain mode` was asked for. */
export interface ModeRequest {
  readonly mode: Mode;
  /** An endpoint that can be used, when one was given. */
  readonly endpoint?: string | undefined;
  /** Header name → variable. */
  readonly headers: Readonly<Record<string, string>>;
  readonly authEnv?: string | undefined;
  readonly ack?: TargetSettings['ack'] | undefined;
  readonly maxEvents?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly projects?: TargetSettings['projects'] | undefined;
  /** How requests look and travel. */
  readonly format?: TargetSettings['format'] | undefined;
  readonly cloudevents?: TargetSettings['mode'] | undefined;
  readonly body?: string | undefined;
  readonly item?: string | undefined;
  readonly contentType?: string | undefined;
  readonly secretEnv?: readonly string[] | undefined;
  readonly compression?: TargetSettings['compression'] | undefined;
  readonly concurrency?: number | undefined;
  /** Absolute paths. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

/** The policy in force, and what a request changed of it. */
export interface ModeReport {
  readonly settings: SyncSettings;
  /** Whether the home is shared with Spec Kitty, whose users know the older names of the modes. */
  readonly usesSpecKitty: boolean;
  /** The target that EXTERNAL_RECEIVER delivers to; undefined while there is none. */
  readonly target: DeclaredTarget | undefined;
  /** How it is spoken to; undefined while there is none that can be used. */
  readonly external: TargetSettings | undefined;
  /** The endpoint was drained to before: its target, whose settings are kept. */
  readonly knownAs: string | null;
  readonly changes: readonly SettingChange[];
}

/** The policy as it is. Changes nothing. */
export async function readMode(app: App): Promise<ModeReport> {
  return { ...(await reportOf(app, await usable(app))), changes: [] };
}

/**
 * Puts a request in force. An endpoint that is not declared is declared, as a target named after
 * its host, and every endpoint given is the active target from then on; those before it stay
 * declared. A known endpoint has the settings that it had, but for what was asked for now.
 *
 * @throws ConfigUnreadableError, StorageUnavailableError when the known targets cannot be read.
 */
export async function changeMode(app: App, request: ModeRequest): Promise<ModeReport> {
  const { settings: before } = await usable(app);
  const at = await destinationOf(app, before, request);
  await editConfig(app.paths.config, [
    { path: ['sync', 'mode'], value: request.mode },
    ...(at === undefined ? [] : at.changes),
  ]);
  const now = await usable(app);
  // The file is written, and is what counts: a row that cannot follow now does so at the next drain.
  if (request.mode === 'EXTERNAL_RECEIVER') await ifPossible(mirror(app, now.settings));
  const report = await reportOf(app, now);
  const after = report.external;
  return { ...report, changes: at?.was && after ? settingChanges(at.was, after) : [] };
}

interface EndpointChange {
  readonly changes: readonly TomlChange[];
  /** What the target had before; undefined for one that nobody knows. */
  readonly was: TargetSettings | undefined;
}

/** What a request changes of the endpoint it gives, else of the active one. */
async function destinationOf(
  app: App,
  settings: SyncSettings,
  request: ModeRequest,
): Promise<EndpointChange | undefined> {
  const { endpoint: url } = request;
  const declared =
    url === undefined ? activeOf(settings) : declaredAt(settings, externalIdentity(url).urlHash);
  if (declared !== undefined) {
    const known = await knownRow(app, declared);
    const named = goesBeyondExternal(declared, request)
      ? tabled(settings, declared, known)
      : undefined;
    const edit = { ...editOf(request, declared.settings.headers), url };
    const use = url === undefined ? [] : useChanges(declared.name, settings.activeTarget);
    const described = descriptionOf(declaredTarget(declared));
    return {
      changes: [
        ...(named?.pending ?? []),
        ...use,
        ...targetChanges(named?.declared ?? declared, edit),
      ],
      was: described && settingsInForce(described, known?.settings),
    };
  }
  return url === undefined ? undefined : newEndpoint(app, settings, url, request);
}

/** `[sync.external]` has few of the keys of a target: what needs others becomes a table with a name. */
function goesBeyondExternal(declared: DeclaredTarget, request: ModeRequest): boolean {
  const asked = Object.entries(request).filter(([, value]) => value !== undefined);
  return !isNamed(declared) && asked.some(([key]) => !OF_EXTERNAL.has(key));
}

const OF_EXTERNAL: ReadonlySet<string> = new Set<keyof ModeRequest>([
  'mode',
  'endpoint',
  'headers',
  'authEnv',
  'ack',
  'maxEvents',
  'maxBytes',
  'projects',
]);

async function newEndpoint(
  app: App,
  settings: SyncSettings,
  url: string,
  request: ModeRequest,
): Promise<EndpointChange> {
  const rows = (await app.readingStores(async (stores) => stores?.targets.list())) ?? [];
  const { urlHash, userEmail } = externalIdentity(url);
  const known = rows.find((row) => row.urlHash === urlHash && row.userEmail === userEmail);
  const isFree = known !== undefined && !settings.targets.has(known.name);
  const name = isFree ? known.name : nameForAddress(url, settings, rows);
  const said = saidOf(known?.settings ?? {});
  const edit = { url, ...said, ...editOf(request, said.headers) };
  return {
    changes: [...useChanges(name, settings.activeTarget), ...targetChanges(newTable(name), edit)],
    was: known?.settings,
  };
}

/** The settings that a request names; headers are added to those there are. */
function editOf(request: ModeRequest, headers: TargetSettings['headers'] = {}): SettingsEdit {
  const { mode: _mode, endpoint: _endpoint, headers: _headers, cloudevents, ...others } = request;
  const named = Object.entries({ ...others, mode: cloudevents });
  const all = { ...headers, ...request.headers };
  const { format } = request;
  return {
    ...(format === undefined ? {} : withoutForeign(format)),
    ...Object.fromEntries(named.filter(([, value]) => value !== undefined)),
    ...(Object.keys(request.headers).length === 0 ? {} : { headers: all }),
  };
}

const activeOf = ({ targets, activeTarget }: SyncSettings): DeclaredTarget | undefined =>
  targets.get(activeTarget ?? '');

const describe = (declared: DeclaredTarget | undefined): TargetDescription | undefined =>
  declared && descriptionOf(declaredTarget(declared));

/** @throws ConfigUnreadableError */
async function usable(app: App): Promise<Situation> {
  const situation = await app.situation();
  settingsOf(situation.config);
  return situation;
}

async function reportOf(
  app: App,
  { settings, usesSpecKitty }: Situation,
): Promise<Omit<ModeReport, 'changes'>> {
  const target = activeOf(settings);
  const described = describe(target);
  // To show, or to stop sending: a journal that cannot be read is no reason to fail.
  const known = target && (await ifPossible(knownRow(app, target)));
  const external = described && settingsInForce(described, known?.settings);
  return { settings, usesSpecKitty, target, external, knownAs: known?.name ?? null };
}

async function knownRow(app: App, declared: DeclaredTarget): Promise<TargetRecord | undefined> {
  const described = describe(declared);
  if (described === undefined) return undefined;
  return app.readingStores(async (stores) => stores?.targets.findByKey(described));
}

/** The row of a known target follows what the file says of it. */
async function mirror(app: App, settings: SyncSettings): Promise<void> {
  const declared = activeOf(settings);
  const described = describe(declared);
  if (declared === undefined || described === undefined) return;
  if ((await knownRow(app, declared)) === undefined) return;
  const { targets } = await app.stores();
  await targets.ensure(described, app.now());
}

/** What the endpoint of `[sync.external]` keeps where the file has no value, by the name of the key. */
export async function keptSettings(app: App): Promise<ReadonlyMap<string, unknown>> {
  const { settings } = await usable(app);
  const declared = [...settings.targets.values()].find((one) => !isNamed(one));
  if (declared === undefined) return new Map();
  // For `redrain config` to show: a journal that cannot be read is for `doctor` to report.
  const known = await ifPossible(knownRow(app, declared));
  const kept = [...declared.unsaid].filter(
    (key) => known !== undefined && known.settings[key] !== declared.settings[key],
  );
  return new Map(
    kept.map((key) => [`sync.external.${SETTING_IN_FILE[key]}`, known?.settings[key]]),
  );
}
