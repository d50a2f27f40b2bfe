import { DEFAULT_SERVER_URL, DEFAULT_SETTINGS, environmentOverrides } from './settings.js';
import {
  ACKS,
  CLOUDEVENTS_MODES,
  COMPRESSIONS,
  TARGET_DEFAULTS,
  TARGET_FORMATS,
} from './target-settings.js';

/** One thing an operator can set, and everything there is to say about it. */
export interface ConfigKey {
  /** Dotted path in config.toml, with `*` for the operator's own names; or null when only the environment has it. */
  readonly key: string | null;
  /** The environment variable that overrides the file, or is the only place. */
  readonly env?: string;
  /** Whether the variable, when set, wins over the file; it does unless this says no. */
  readonly overrides?: (env: NodeJS.ProcessEnv) => boolean;
  /** True where the variable's lower-case spelling goes first, as with other programs. */
  readonly lowerCaseFirst?: boolean;
  readonly type: string;
  /** What holds when nobody says anything; undefined when nothing does. */
  readonly default?: string;
  readonly doc: string;
  /**
   * Of interest to users of Spec Kitty alone; or what else is said to them. Nobody
   * else is shown it.
   */
  readonly specKitty?: true | Partial<Pick<ConfigKey, 'type' | 'default' | 'doc'>>;
  /** `secret` is never shown, `url` is shown without user, password, fragment and values of its query. */
  readonly shown?: 'secret' | 'url';
}

const { external, capture, mode, receive } = DEFAULT_SETTINGS;

/** Every key redrain reads or shows. `redrain config` is this table. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  {
    key: 'sync.server_url',
    specKitty: true,
    env: 'SPEC_KITTY_SAAS_URL',
    overrides: environmentOverrides,
    type: 'URL',
    default: DEFAULT_SERVER_URL,
    shown: 'url',
    doc: 'The server events go to. The variable wins for one process, with a warning.',
  },
  {
    key: null,
    env: 'SPEC_KITTY_SAAS_URL_MODE',
    specKitty: true,
    type: 'process_override | setup_only',
    default: 'process_override',
    doc: 'With setup_only, a SPEC_KITTY_SAAS_URL that differs from sync.server_url is an error.',
  },
  {
    key: null,
    env: 'SPEC_KITTY_ENABLE_SAAS_SYNC',
    specKitty: true,
    type: '1 | true | yes | on',
    doc: 'Switches sending to the Teamspace on. Everything else is off.',
  },
  {
    key: 'sync.mode',
    type: 'endpoint | keep | discard',
    default: 'endpoint',
    doc: 'Whether events are kept, and who gets them.',
    specKitty: {
      type: 'TEAMSPACE | EXTERNAL_RECEIVER | LOCAL_RETENTION | OPT_OUT',
      default: mode,
      doc: 'Whether events are kept, and who gets them. TRASH is an older name of OPT_OUT.',
    },
  },
  {
    key: 'sync.target',
    type: 'name of a target',
    doc: 'The active target: where the mode endpoint delivers to.',
  },
  {
    key: 'sync.targets.*.url',
    type: 'URL',
    shown: 'url',
    doc: 'Where this target is; `stub:` answers from within redrain.',
  },
  {
    key: 'sync.targets.*.format',
    type: TARGET_FORMATS.join(' | '),
    default: TARGET_DEFAULTS.format,
    doc: 'How its requests look.',
  },
  {
    key: 'sync.targets.*.mode',
    type: CLOUDEVENTS_MODES.join(' | '),
    default: TARGET_DEFAULTS.mode,
    doc: 'Of the format cloudevents: one event in each request, in its body or its headers, or many.',
  },
  {
    key: 'sync.targets.*.body',
    type: 'JSON with {{events}}',
    default: '{{events}}',
    doc: `Of the format json: what stands around the events of a request; \${NAME} is a variable.`,
  },
  {
    key: 'sync.targets.*.item',
    type: 'JSON with {{event}}',
    default: '{{event}}',
    doc: 'Of the formats json and lines: what stands around each event; {{id}}, {{type}} and {{time}} are its own.',
  },
  {
    key: 'sync.targets.*.content_type',
    type: 'content type',
    doc: 'Of the formats json and lines, in place of application/json and application/x-ndjson.',
  },
  {
    key: 'sync.targets.*.secret_env',
    type: 'name of an environment variable, or a list of two',
    doc: 'The variable with the secret that signs; two while one replaces the other.',
  },
  {
    key: 'sync.targets.*.auth_env',
    type: 'name of an environment variable',
    doc: 'The variable that holds the Authorization value of the target.',
  },
  {
    key: 'sync.targets.*.headers.*',
    type: 'name of an environment variable',
    doc: 'A header of every request, with the variable that holds its value.',
  },
  {
    key: 'sync.targets.*.types',
    type: 'list of event types and patterns',
    doc: 'Which types of events it gets; `!` before a pattern leaves those out.',
  },
  {
    key: 'sync.targets.*.projects',
    type: 'all | allowed',
    default: TARGET_DEFAULTS.projects,
    doc: 'Whether it gets every project or only the allowed ones.',
  },
  {
    key: 'sync.targets.*.from',
    type: 'all | now | time',
    default: TARGET_DEFAULTS.from,
    doc: 'Which events it gets: all, those from its first sight on, or those from a time on.',
  },
  {
    key: 'sync.targets.*.ack',
    type: ACKS.join(' | '),
    default: TARGET_DEFAULTS.ack,
    doc: 'What counts as a verdict: the result of each event, the status of the answer, or what the answer has.',
  },
  {
    key: 'sync.targets.*.compression',
    type: COMPRESSIONS.join(' | '),
    default: TARGET_DEFAULTS.compression,
    doc: 'Whether requests are compressed.',
  },
  {
    key: 'sync.targets.*.max_events',
    type: 'whole number, 1 to 1000',
    default: String(TARGET_DEFAULTS.maxEvents),
    doc: 'Most events in one request.',
  },
  {
    key: 'sync.targets.*.max_bytes',
    type: 'bytes',
    default: String(TARGET_DEFAULTS.maxBytes),
    doc: 'Most bytes of one request before compression; a larger event goes alone.',
  },
  {
    key: 'sync.targets.*.concurrency',
    type: 'whole number, 1 to 256',
    default: String(TARGET_DEFAULTS.concurrency),
    doc: 'Requests at once, in formats of one event per request.',
  },
  {
    key: 'sync.targets.*.rate',
    type: 'events in a time: 500/s, 30/m, 1000/h',
    doc: 'Most events it gets in a time.',
  },
  {
    key: 'sync.targets.*.client_cert',
    type: 'path of a PEM file',
    doc: 'The certificate that redrain shows to it.',
  },
  {
    key: 'sync.targets.*.client_key',
    type: 'path of a PEM file',
    doc: 'The key of that certificate.',
  },
  {
    key: 'sync.targets.*.ca_file',
    type: 'path of a PEM file',
    doc: 'Further certificate authorities to trust at this target.',
  },
  {
    key: 'sync.external.endpoint',
    type: 'URL',
    shown: 'url',
    doc: 'An older way to declare one target: where it is.',
  },
  {
    key: 'sync.external.headers.*',
    type: 'name of an environment variable',
    doc: 'A header of every post, with the variable that holds its value.',
  },
  {
    key: 'sync.external.auth_env',
    type: 'name of an environment variable',
    doc: 'The variable that holds the Authorization value of the endpoint.',
  },
  {
    key: 'sync.external.ack',
    type: ACKS.join(' | '),
    default: external.ack,
    doc: 'With status, any 2xx answer is success for the whole batch.',
  },
  {
    key: 'sync.external.max_events',
    type: 'whole number, 1 to 1000',
    default: String(external.maxEvents),
    doc: 'Most events in one post.',
  },
  {
    key: 'sync.external.max_bytes',
    type: 'bytes',
    default: String(external.maxBytes),
    doc: 'Most bytes of uncompressed JSON in one post.',
  },
  {
    key: 'sync.external.projects',
    type: 'all | allowed',
    default: external.projects,
    doc: 'Whether the endpoint gets every project or only the allowed ones.',
  },
  {
    key: 'sync.projects.*',
    type: 'allow | hold',
    doc: 'May events of this project leave for targets that get only allowed ones? `unassigned` stands for events without a project.',
  },
  {
    key: 'sync.checkout_overrides.*.enabled',
    type: 'true | false',
    doc: 'The same for everything captured in or below a directory; sync.projects wins.',
  },
  {
    key: 'sync.repo_defaults.*.enabled',
    type: 'true | false',
    doc: 'The same for a repository; sync.projects and sync.checkout_overrides win.',
  },
  {
    key: 'sync.capture.max_event_bytes',
    type: 'bytes',
    default: String(capture.maxEventBytes),
    doc: 'The largest single event taken.',
  },
  {
    key: 'sync.capture.busy_timeout_ms',
    type: 'milliseconds',
    default: String(capture.busyTimeoutMs),
    doc: 'How long a capture waits for a locked journal before it spools.',
  },
  {
    key: 'sync.capture.type',
    type: 'text',
    doc: 'The type of events that carry none.',
  },
  {
    key: 'sync.capture.id_field',
    type: 'name of a field, dotted',
    doc: 'Where events have their id; where it is absent as if this were not set, without a guess.',
  },
  {
    key: 'sync.capture.type_field',
    type: 'name of a field, dotted',
    doc: 'The same for their type.',
  },
  {
    key: 'sync.capture.time_field',
    type: 'name of a field, dotted',
    doc: 'The same for their time.',
  },
  {
    key: 'sync.coalesce.*',
    type: 'list of envelope fields, or true',
    doc: 'Unsent events of this type that agree in these fields are sent once, the newest.',
  },
  {
    key: 'sync.families.*',
    type: 'keep | local_only | discardable',
    doc: 'What the mode discard may do with events of this type.',
    specKitty: {
      type: 'teamspace_bound | local_only | discardable',
      doc: 'What OPT_OUT may do with events of this type, where the built-in registry is silent.',
    },
  },
  {
    key: 'sync.storage.url',
    env: 'REDRAIN_STORAGE_URL',
    type: 'postgres: URL',
    shown: 'url',
    doc: `Where the journal is kept, in PostgreSQL; in the home when it is not set. \${NAME} is a variable.`,
  },
  {
    key: 'sync.queue.url',
    env: 'REDRAIN_QUEUE_URL',
    type: 'redis:, rediss: or postgres: URL',
    shown: 'url',
    doc: `Where jobs are kept, on BullMQ; in the home when it is not set. \${NAME} is a variable.`,
  },
  {
    key: 'sync.receive.port',
    type: 'whole number, 0 to 65535',
    doc: 'The port of `receive`.',
  },
  {
    key: 'sync.receive.host',
    type: 'address',
    default: receive.host,
    doc: 'The address that it listens on; beyond this machine it takes tokens.',
  },
  {
    key: 'sync.receive.tokens',
    type: 'path of a file',
    doc: 'The file of tokens of edges, in place of that of the home.',
  },
  {
    key: 'sync.receive.auth_env',
    type: 'name of an environment variable',
    doc: 'The variable with one Bearer token for all, in place of a file of tokens.',
  },
  {
    key: 'sync.receive.max_bytes',
    type: 'bytes',
    default: String(receive.maxBytes),
    doc: 'The largest request that it takes.',
  },
  {
    key: 'sync.receive.max_events',
    type: 'whole number',
    default: String(receive.maxEvents),
    doc: 'Most events in one request.',
  },
  {
    key: 'sync.receive.max_requests',
    type: 'whole number',
    default: String(receive.maxRequests),
    doc: 'Requests in work; more are told to come again.',
  },
  {
    key: 'sync.receive.metrics_port',
    type: 'whole number, 0 to 65535',
    doc: 'Where it serves /healthz, /readyz and /metrics on 127.0.0.1; nowhere when it is not set.',
  },
  {
    key: 'sync.http.ca_file',
    type: 'path of a PEM file',
    doc: 'Further certificate authorities to trust.',
  },
  {
    key: 'sync.max_queue_size',
    specKitty: true,
    type: 'whole number',
    doc: 'Spec Kitty’s; the journal of redrain has no cap.',
  },
  {
    key: 'sync.background_daemon',
    specKitty: true,
    type: 'auto | manual',
    doc: 'Spec Kitty’s; redrain runs its own workers.',
  },
  {
    key: null,
    env: 'SPEC_KITTY_TOKEN',
    specKitty: true,
    type: 'token',
    shown: 'secret',
    doc: 'An access token for the configured server; never used for the default one.',
  },
  {
    key: null,
    env: 'SPEC_KITTY_TEAM',
    specKitty: true,
    type: 'text',
    doc: 'The team that goes with SPEC_KITTY_TOKEN.',
  },
  {
    key: null,
    env: 'SPEC_KITTY_USER',
    specKitty: true,
    type: 'text',
    doc: 'The user that goes with SPEC_KITTY_TOKEN.',
  },
  {
    key: null,
    env: 'REDRAIN_HOME',
    type: 'path',
    doc: 'The home, before the place of this platform.',
    specKitty: { doc: 'The home, before SPEC_KITTY_HOME and ~/.spec-kitty.' },
  },
  {
    key: null,
    env: 'SPEC_KITTY_HOME',
    specKitty: true,
    type: 'path',
    doc: 'The home it shares with Spec Kitty.',
  },
  {
    key: null,
    env: 'HTTPS_PROXY',
    lowerCaseFirst: true,
    type: 'URL',
    shown: 'url',
    doc: 'The proxy for https addresses.',
  },
  {
    key: null,
    env: 'ALL_PROXY',
    lowerCaseFirst: true,
    type: 'URL',
    shown: 'url',
    doc: 'The proxy where HTTPS_PROXY names none.',
  },
  {
    key: null,
    env: 'NO_PROXY',
    lowerCaseFirst: true,
    type: 'list of hosts',
    doc: 'Hosts that are reached without the proxy.',
  },
];
