/** How the requests of a target look. */
export const TARGET_FORMATS = [
  'batch',
  'webhook',
  'cloudevents',
  'lines',
  'json',
  'hub',
  'module',
] as const;
export type TargetFormat = (typeof TARGET_FORMATS)[number];

/** How CloudEvents travel: each alone, with its attributes in the body or in headers, or many in one request. */
export const CLOUDEVENTS_MODES = ['structured', 'binary', 'batch'] as const;
/** What counts as a verdict; `auto`: results where an answer has them, else its status. */
export const ACKS = ['auto', 'results', 'status'] as const;
export const COMPRESSIONS = ['auto', 'gzip', 'none'] as const;

/**
 * How to speak to a target and where its secrets are found; never a secret
 * itself. What is absent has its default (`TARGET_DEFAULTS`).
 */
export interface TargetSettings {
  readonly format?: TargetFormat;
  /** Of the format `cloudevents`. */
  readonly mode?: (typeof CLOUDEVENTS_MODES)[number];
  /** Of the format `json`: JSON with `{{events}}` where the events go, and `${VARIABLE}` for secrets. */
  readonly body?: string;
  /** Of `json` and `lines`: what stands around each event, with `{{event}}`, `{{id}}`, `{{type}}` and `{{time}}`. */
  readonly item?: string;
  /** Of `json` and `lines`, in place of their own. */
  readonly contentType?: string;
  /** Names of the variables with the secrets that sign, the newest first; two while one replaces the other. */
  readonly secretEnv?: readonly string[];
  /** Name of the environment variable that holds the value of the Authorization header. */
  readonly authEnv?: string;
  /** Header names and the environment variables that hold their values. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Which event types it gets, as patterns; `!` before one leaves those out. All when absent. */
  readonly types?: readonly string[];
  readonly projects?: 'all' | 'allowed';
  /** Which events it gets: `all`, `now` for those from its first sight on, or from an ISO 8601 time in UTC. */
  readonly from?: string;
  /** `status`: any 2xx is success for the whole batch (docs/protocol.md). */
  readonly ack?: (typeof ACKS)[number];
  readonly compression?: (typeof COMPRESSIONS)[number];
  readonly maxEvents?: number;
  /** Bytes of one uncompressed request body. An event alone may be larger. */
  readonly maxBytes?: number;
  /** Requests at once, in formats of one event per request. */
  readonly concurrency?: number;
  /** At most so many events: `500/s`, `30/m`, `1000/h`. */
  readonly rate?: string;
  /** Paths of PEM files. */
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly caFile?: string;
}

/** A target as a program declares it. */
export interface TargetOptions extends TargetSettings {
  /** Its variables unexpanded. */
  readonly url: string;
}

export type TargetSetting = keyof TargetSettings;

/** Each as a table of a target in config.toml spells it. */
export const SETTING_IN_FILE = {
  format: 'format',
  mode: 'mode',
  body: 'body',
  item: 'item',
  contentType: 'content_type',
  secretEnv: 'secret_env',
  authEnv: 'auth_env',
  headers: 'headers',
  types: 'types',
  projects: 'projects',
  from: 'from',
  ack: 'ack',
  compression: 'compression',
  maxEvents: 'max_events',
  maxBytes: 'max_bytes',
  concurrency: 'concurrency',
  rate: 'rate',
  clientCert: 'client_cert',
  clientKey: 'client_key',
  caFile: 'ca_file',
} as const satisfies Record<TargetSetting, string>;

/** In force where a target says nothing. */
export const TARGET_DEFAULTS = Object.freeze({
  format: 'batch',
  mode: 'structured',
  projects: 'all',
  from: 'all',
  ack: 'auto',
  compression: 'auto',
  maxEvents: 1000,
  maxBytes: 1024 * 1024,
  concurrency: 8,
} as const satisfies TargetSettings);

/** Which of them every target has written down, so that a default that changes changes no known target. */
const ALWAYS_SAID = ['ack', 'maxEvents', 'maxBytes', 'projects'] as const;

/** The settings with those defaults that a target keeps for good. */
export function withDefaults(settings: TargetSettings): TargetSettings {
  const said = ALWAYS_SAID.map((key) => [key, settings[key] ?? TARGET_DEFAULTS[key]]);
  return Object.freeze({ ...settings, ...Object.fromEntries(said) });
}

/** A target that the configuration, or the program, declares. */
export interface DeclaredTarget {
  readonly name: string;
  /** Where it is declared, for messages: `sync.targets.billing`. */
  readonly place: string;
  /** The address as written, its variables unexpanded; undefined while there is none. */
  readonly url: string | undefined;
  readonly settings: TargetSettings;
  /** Settings that are not given here: a known target keeps what it has. */
  readonly unsaid: ReadonlySet<TargetSetting>;
  /** Why it gets nothing, as a sentence without secrets: its table is wrong. */
  readonly fault: string | undefined;
}

export const RATE = /^([1-9]\d{0,8})\/([smh])$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** How many events may go in how many milliseconds; undefined for no such text. */
export function parseRate(text: string): { events: number; perMs: number } | undefined {
  const [, events, unit] = RATE.exec(text) ?? [];
  if (events === undefined || unit === undefined) return undefined;
  return { events: Number(events), perMs: UNIT_MS[unit as keyof typeof UNIT_MS] };
}
