import * as v from 'valibot';
import { BUILT_IN_COALESCING } from '../policy/coalescing.js';
import { DURABILITY_RULES } from '../policy/durability.js';
import { type Mode, parseMode } from '../policy/mode.js';
import { ACKS } from './target-settings.js';
import { flag, headers, mapOf, oneOf, table, text, variable, wholeNumber } from './values.js';

const mode = v.pipe(
  text,
  v.check((name) => parseMode(name) !== undefined, 'must be one of endpoint, keep, discard'),
  v.transform((name) => parseMode(name) as Mode),
);

/** `allow` and `hold` are what redrain writes; true and false mean the same. */
const permission = v.pipe(
  v.union([oneOf(['allow', 'hold']), flag], 'must be "allow" or "hold"'),
  v.transform((answer) => answer === 'allow' || answer === true),
);

/** The keys of `[sync.external]`. */
export const externalEntries = {
  endpoint: v.optional(text),
  headers: v.optional(headers),
  auth_env: v.optional(variable),
  ack: v.optional(oneOf(ACKS)),
  max_events: v.optional(wholeNumber(1, 1000)),
  max_bytes: v.optional(wholeNumber(1, 64 * 1024 * 1024)),
  projects: v.optional(oneOf(['all', 'allowed'])),
};

const external = table(externalEntries);

const port = wholeNumber(0, 65_535);

/** The keys of `[sync.receive]`. */
const receive = table({
  port: v.optional(port),
  host: v.optional(text),
  tokens: v.optional(text),
  auth_env: v.optional(variable),
  max_bytes: v.optional(wholeNumber(1, 512 * 1024 * 1024)),
  max_events: v.optional(wholeNumber(1, 1_000_000)),
  max_requests: v.optional(wholeNumber(1, 1_000_000)),
  metrics_port: v.optional(port),
});

const filled = v.pipe(text, v.minLength(1, 'must not be empty'));

const capture = table({
  max_event_bytes: v.optional(wholeNumber(1, 512 * 1024 * 1024)),
  busy_timeout_ms: v.optional(wholeNumber(0, 600_000)),
  type: v.optional(filled),
  id_field: v.optional(filled),
  type_field: v.optional(filled),
  time_field: v.optional(filled),
});

const fieldPaths = v.pipe(
  v.array(v.pipe(text, v.minLength(1, 'must not be empty')), 'must be a list of field names'),
  v.minLength(1, 'must name at least one field'),
);

/** `keep` is the plain word for `teamspace_bound`, which older files have. */
const durability = v.pipe(
  v.picklist(['keep', ...DURABILITY_RULES], 'must be one of keep, local_only, discardable'),
  v.transform((rule) => (rule === 'keep' ? 'teamspace_bound' : rule)),
);

/** `true` takes the fields redrain knows for that type. */
const coalescing = v.pipe(
  v.union([fieldPaths, v.literal(true)], 'must be a list of field names, or true'),
);

const enabled = table({ enabled: v.optional(flag) });

/** The keys of `[sync]`, and of `[redrain]`. */
export const syncSchema = table({
  server_url: v.optional(text),
  mode: v.optional(mode),
  external: v.optional(external),
  target: v.optional(text),
  /** Each is checked alone: one that is wrong closes none of the others. */
  targets: v.optional(mapOf(v.unknown())),
  projects: v.optional(mapOf(permission)),
  repo_defaults: v.optional(mapOf(enabled)),
  checkout_overrides: v.optional(mapOf(enabled)),
  capture: v.optional(capture),
  coalesce: v.optional(
    v.pipe(
      mapOf(coalescing),
      v.check(
        (types) =>
          Object.entries(types).every(
            ([type, fields]) => fields !== true || Object.hasOwn(BUILT_IN_COALESCING, type),
          ),
        `may be true only for ${Object.keys(BUILT_IN_COALESCING).join(' and ')}; other types need a list of field names`,
      ),
    ),
  ),
  families: v.optional(mapOf(durability)),
  storage: v.optional(table({ url: v.optional(text) })),
  queue: v.optional(table({ url: v.optional(text) })),
  receive: v.optional(receive),
  http: v.optional(table({ ca_file: v.optional(text) })),
});

/**
 * What redrain reads of config.toml. Spec Kitty's own keys that redrain only
 * shows (`max_queue_size`, `background_daemon`) are not checked: a slip in them
 * must not close our delivery.
 */
export const configSchema = table({
  sync: v.optional(syncSchema),
  redrain: v.optional(syncSchema),
});

export type SyncTable = v.InferOutput<typeof syncSchema>;
export type ConfigIssue = v.InferIssue<typeof configSchema>;
