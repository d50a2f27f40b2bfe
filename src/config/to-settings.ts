import { BUILT_IN_COALESCING } from '../policy/coalescing.js';
import { type ProjectRules, projectKey } from '../policy/projects.js';
import { externalEntries, type SyncTable } from './schema.js';
import {
  DEFAULT_SETTINGS,
  EXTERNAL_KEYS,
  type ExternalSettings,
  NAME_IN_FILE,
  type ReceiveSettings,
  type SyncSettings,
} from './settings.js';
import type { OurTable } from './tables.js';
import { freeName, nameFromAddress } from './target-name.js';
import type { DeclaredTarget } from './target-settings.js';
import { TARGET_KEYS, toDeclaredTarget } from './target-table.js';

/** The validated table over the defaults, frozen. A blank text counts as unset. */
export function toSettings(
  sync: SyncTable,
  tableOf: (key: readonly string[]) => OurTable,
): SyncSettings {
  const { capture } = DEFAULT_SETTINGS;
  const external = toExternal(sync.external ?? {});
  const foreign = foreignKeys(sync.external ?? {});
  const { targets, nameOfExternal } = toTargets(sync.targets ?? {}, { external, foreign }, tableOf);
  return Object.freeze({
    configuredServerUrl: present(sync.server_url),
    mode: sync.mode ?? DEFAULT_SETTINGS.mode,
    external,
    targets,
    activeTarget: present(sync.target) ?? nameOfExternal,
    projectRules: toProjectRules(sync),
    capture: Object.freeze({
      maxEventBytes: sync.capture?.max_event_bytes ?? capture.maxEventBytes,
      busyTimeoutMs: sync.capture?.busy_timeout_ms ?? capture.busyTimeoutMs,
      fields: toFields(sync.capture ?? {}),
    }),
    coalesce: toCoalescing(sync.coalesce ?? {}),
    families: mapOf(sync.families),
    caFile: present(sync.http?.ca_file),
    storageUrl: present(sync.storage?.url),
    queueUrl: present(sync.queue?.url),
    receive: toReceive(sync.receive ?? {}),
  });
}

function toReceive(receive: NonNullable<SyncTable['receive']>): ReceiveSettings {
  const defaults = DEFAULT_SETTINGS.receive;
  return Object.freeze({
    port: receive.port,
    host: present(receive.host) ?? defaults.host,
    tokens: present(receive.tokens),
    authEnv: receive.auth_env,
    maxBytes: receive.max_bytes ?? defaults.maxBytes,
    maxEvents: receive.max_events ?? defaults.maxEvents,
    maxRequests: receive.max_requests ?? defaults.maxRequests,
    metricsPort: receive.metrics_port,
  });
}

/** Keys of a target that `[sync.external]` does not have: dropped silently, one might widen what is sent. */
function foreignKeys(external: object): string[] {
  const known = Object.keys(externalEntries);
  return TARGET_KEYS.filter((key) => !known.includes(key) && Object.hasOwn(external, key));
}

function toFields({
  type,
  id_field: idField,
  type_field: typeField,
  time_field: timeField,
}: NonNullable<SyncTable['capture']>): SyncSettings['capture']['fields'] {
  const said = Object.entries({ type, idField, typeField, timeField });
  return Object.freeze(Object.fromEntries(said.filter(([, value]) => value !== undefined)));
}

function toExternal(external: NonNullable<SyncTable['external']>): ExternalSettings {
  const { ack, maxEvents, maxBytes, projects } = DEFAULT_SETTINGS.external;
  return Object.freeze({
    endpoint: present(external.endpoint),
    headers: mapOf(external.headers),
    authEnv: external.auth_env,
    ack: external.ack ?? ack,
    maxEvents: external.max_events ?? maxEvents,
    maxBytes: external.max_bytes ?? maxBytes,
    projects: external.projects ?? projects,
    unsaid: new Set(EXTERNAL_KEYS.filter((key) => external[NAME_IN_FILE[key]] === undefined)),
  });
}

/** Every declared target, `[sync.external]` among them, under a name from its host that no other has. */
function toTargets(
  tables: Readonly<Record<string, unknown>>,
  { external, foreign }: { external: ExternalSettings; foreign: readonly string[] },
  tableOf: (key: readonly string[]) => OurTable,
): { targets: ReadonlyMap<string, DeclaredTarget>; nameOfExternal: string | undefined } {
  const targets = new Map(
    Object.entries(tables).map(([name, table]) => {
      const declared = toDeclaredTarget(name, table, [tableOf(['targets', name]), 'targets']);
      return [name, declared];
    }),
  );
  const { endpoint } = external;
  if (endpoint === undefined) return { targets, nameOfExternal: undefined };
  const name = freeName(nameFromAddress(endpoint), (taken) => targets.has(taken));
  const place = `${tableOf(['external'])}.external`;
  const fault = foreign.length === 0 ? undefined : foreignFault(place, foreign, name);
  targets.set(name, { ...externalTarget(name, place, external), fault });
  return { targets, nameOfExternal: name };
}

function foreignFault(place: string, keys: readonly string[], name: string): string {
  const table = place.replace(
    /external$/,
    `targets.${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}`,
  );
  const [key] = keys;
  const others = keys.length === 1 ? '' : ` (and ${keys.slice(1).join(', ')})`;
  return `${place}.${key}${others} is not a key of [${place}], the older way to declare a target, and nothing is sent there: name the table [${table}], with url in place of endpoint.`;
}

/** What `[sync.external]` declares. */
function externalTarget(name: string, place: string, external: ExternalSettings): DeclaredTarget {
  const { endpoint, headers, authEnv, ack, maxEvents, maxBytes, projects, unsaid } = external;
  const settings = {
    ...(authEnv === undefined ? {} : { authEnv }),
    headers: Object.fromEntries(headers),
    ack,
    maxEvents,
    maxBytes,
    projects,
  };
  return Object.freeze({ name, place, url: endpoint, settings, unsaid, fault: undefined });
}

function toCoalescing(
  types: NonNullable<SyncTable['coalesce']>,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(types).map(([type, fields]) => [
      type,
      fields === true ? (BUILT_IN_COALESCING[type] ?? []) : fields,
    ]),
  );
}

/** The word that stands for "events without a project", and so for no project's name. */
const UNASSIGNED = 'unassigned';

function toProjectRules(sync: SyncTable): ProjectRules {
  const { [UNASSIGNED]: unassigned, ...projects } = sync.projects ?? {};
  return Object.freeze({
    byProject: byProjectKey(projects),
    unassigned,
    byCheckout: enabledOnes(sync.checkout_overrides),
    byRepo: enabledOnes(sync.repo_defaults),
  });
}

/** Two spellings of one project that disagree hold it: a doubt is never a yes. */
function byProjectKey(projects: Readonly<Record<string, boolean>>): ReadonlyMap<string, boolean> {
  const answers = new Map<string, boolean>();
  for (const [project, allowed] of Object.entries(projects)) {
    const key = projectKey(project);
    answers.set(key, allowed && answers.get(key) !== false);
  }
  return answers;
}

/** Only entries that say yes or no; one without `enabled` says nothing. */
function enabledOnes(
  tables: Readonly<Record<string, { enabled?: boolean | undefined }>> | undefined,
): ReadonlyMap<string, boolean> {
  const answers = new Map<string, boolean>();
  for (const [name, { enabled }] of Object.entries(tables ?? {})) {
    if (enabled !== undefined) answers.set(name, enabled);
  }
  return answers;
}

const mapOf = <T>(table: Readonly<Record<string, T>> | undefined): ReadonlyMap<string, T> =>
  new Map(Object.entries(table ?? {}));

const present = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? undefined : value;
