import type { DurabilityRule } from '../policy/durability.js';
import { DEFAULT_MODE, type Mode } from '../policy/mode.js';
import type { ProjectRules } from '../policy/projects.js';
import type { DeclaredTarget, TargetSettings } from './target-settings.js';

/** Where events go when nothing names a server. Spec Kitty used it, so its queue scopes are found. */
export const DEFAULT_SERVER_URL = 'https://spec-kitty-dev.fly.dev';

/** The operator's own endpoint, as configured. Secrets are only ever named, never held. */
export interface ExternalSettings {
  readonly endpoint: string | undefined;
  /** Header name → name of the environment variable that holds its value. */
  readonly headers: ReadonlyMap<string, string>;
  /** Name of the environment variable that holds the Authorization value. */
  readonly authEnv: string | undefined;
  /** What counts as a verdict: per-event results, or the HTTP status alone (docs/protocol.md). */
  readonly ack: NonNullable<TargetSettings['ack']>;
  readonly maxEvents: number;
  /** Bytes of uncompressed JSON of one request body. */
  readonly maxBytes: number;
  readonly projects: 'all' | 'allowed';
  /** The keys that the file does not have: a known endpoint keeps what it had, a new one has the default. */
  readonly unsaid: ReadonlySet<ExternalKey>;
}

/**
 * What a known endpoint keeps where the file is silent. Headers and `auth_env`
 * are not among them: a secret is sent only while the file names its variable.
 */
export const EXTERNAL_KEYS = [
  'ack',
  'maxEvents',
  'maxBytes',
  'projects',
] as const satisfies (keyof ExternalSettings)[];
export type ExternalKey = (typeof EXTERNAL_KEYS)[number];

/** Each as `[sync.external]` spells it. */
export const NAME_IN_FILE = {
  ack: 'ack',
  maxEvents: 'max_events',
  maxBytes: 'max_bytes',
  projects: 'projects',
} as const satisfies Record<ExternalKey, string>;

/** `config.toml [sync]`, validated and complete. */
export interface SyncSettings {
  /** The text as written; only the target authority may make an address of it. */
  readonly configuredServerUrl: string | undefined;
  readonly mode: Mode;
  readonly external: ExternalSettings;
  /** Every target that is declared, by its name, those that are wrong included; `[sync.external]` is one of them. */
  readonly targets: ReadonlyMap<string, DeclaredTarget>;
  /** The name of the one that EXTERNAL_RECEIVER delivers to; that there is such a target is not said. */
  readonly activeTarget: string | undefined;
  readonly projectRules: ProjectRules;
  readonly capture: {
    /** The largest event taken, in bytes. */
    readonly maxEventBytes: number;
    /** How long a capture waits for a locked journal before it spools, in milliseconds. */
    readonly busyTimeoutMs: number;
    /** The type of events that carry none, and where events have id, type and time; only what is set. */
    readonly fields: {
      readonly type?: string;
      readonly idField?: string;
      readonly typeField?: string;
      readonly timeField?: string;
    };
  };
  /** Event type → the envelope fields that make its coalescing key. */
  readonly coalesce: ReadonlyMap<string, readonly string[]>;
  /** Event type → durability rule, on top of the built-in registry. */
  readonly families: ReadonlyMap<string, DurabilityRule>;
  /** A PEM file of further certificate authorities. */
  readonly caFile: string | undefined;
  /** Where the journal is kept, its variables unexpanded; undefined: in the home. */
  readonly storageUrl: string | undefined;
  /** Where the jobs are kept, its variables unexpanded; undefined: in the home. */
  readonly queueUrl: string | undefined;
  readonly receive: ReceiveSettings;
}

/** What `redrain receive` is started with where its options are silent. */
export interface ReceiveSettings {
  readonly port: number | undefined;
  readonly host: string;
  /** The file of tokens; undefined: that of the home. */
  readonly tokens: string | undefined;
  /** Name of the variable that holds the one token for all. */
  readonly authEnv: string | undefined;
  /** Of one request. */
  readonly maxBytes: number;
  readonly maxEvents: number;
  /** In work at once. */
  readonly maxRequests: number;
  readonly metricsPort: number | undefined;
}

/** In force where config.toml is absent or silent. */
export const DEFAULT_SETTINGS: SyncSettings = Object.freeze({
  configuredServerUrl: undefined,
  mode: DEFAULT_MODE,
  external: Object.freeze({
    endpoint: undefined,
    headers: new Map<string, string>(),
    authEnv: undefined,
    ack: 'auto',
    maxEvents: 1000,
    maxBytes: 512 * 1024,
    projects: 'all',
    unsaid: new Set(EXTERNAL_KEYS),
  }),
  targets: new Map<string, DeclaredTarget>(),
  activeTarget: undefined,
  projectRules: Object.freeze({
    byProject: new Map<string, boolean>(),
    unassigned: undefined,
    byCheckout: new Map<string, boolean>(),
    byRepo: new Map<string, boolean>(),
  }),
  capture: Object.freeze({
    maxEventBytes: 1024 * 1024,
    busyTimeoutMs: 5000,
    fields: Object.freeze({}),
  }),
  coalesce: new Map<string, readonly string[]>(),
  families: new Map<string, DurabilityRule>(),
  caFile: undefined,
  storageUrl: undefined,
  queueUrl: undefined,
  receive: Object.freeze({
    port: undefined,
    host: '127.0.0.1',
    tokens: undefined,
    authEnv: undefined,
    maxBytes: 8 * 1024 * 1024,
    maxEvents: 10_000,
    maxRequests: 1_024,
    metricsPort: undefined,
  }),
});

/**
 * Whether `SPEC_KITTY_SAAS_URL` decides for the whole process. Only when
 * `SPEC_KITTY_SAAS_URL_MODE` is unset or says `process_override`: a misspelt
 * `setup_only` must not send events elsewhere.
 */
export function environmentOverrides(env: NodeJS.ProcessEnv): boolean {
  const word = env.SPEC_KITTY_SAAS_URL_MODE?.trim().toLowerCase() ?? '';
  return word === '' || word === 'process_override';
}
