import * as v from 'valibot';
import { faults } from './faults.js';
import { frameFault } from './request-frame.js';
import { nameFault } from './target-name.js';
import {
  ACKS,
  CLOUDEVENTS_MODES,
  COMPRESSIONS,
  type DeclaredTarget,
  RATE,
  SETTING_IN_FILE,
  TARGET_DEFAULTS,
  TARGET_FORMATS,
  type TargetFormat,
  type TargetOptions,
  type TargetSetting,
  type TargetSettings,
  withDefaults,
} from './target-settings.js';
import { isTable, spellKey } from './toml.js';
import { headers, oneOf, text, variable, wholeNumber } from './values.js';

const present = (what: string) => v.pipe(text, v.regex(/\S/, `must be ${what}, not empty`));

const variables = v.pipe(
  v.union([variable, v.array(variable)], 'must be the name of an environment variable, or a list'),
  v.transform((given) => (typeof given === 'string' ? [given] : given)),
  v.minLength(1, 'must name at least one variable'),
  v.maxLength(2, 'must name at most two variables: the new one, and the old one'),
);

const pattern = v.pipe(
  text,
  v.regex(/^!?[^!\p{Cc}][^\p{Cc}]*$/u, 'must be a type or a pattern such as "Order*" or "!Draft*"'),
);

const types = v.pipe(
  v.array(pattern, 'must be a list of event types and patterns'),
  v.minLength(1, 'must have at least one type; leave the key out for all'),
);

const FROM = 'must be "all", "now" or a time with its zone, such as "2026-11-01T00:00:00Z"';
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/i;

/** TOML has times of its own; those without a zone are none that everybody reads alike. */
const from = v.pipe(
  v.unknown(),
  v.transform((given) => (given instanceof Date ? given.toISOString() : given)),
  v.string(FROM),
  v.check((word) => word === 'all' || word === 'now' || isTime(word), FROM),
  v.transform((word) => (isTime(word) ? new Date(word).toISOString() : word)),
);

const isTime = (word: string): boolean => ISO.test(word) && !Number.isNaN(Date.parse(word));

const TEMPLATE_CHARACTERS = 64 * 1024;
const template = v.pipe(
  text,
  v.maxLength(TEMPLATE_CHARACTERS, `must have at most ${TEMPLATE_CHARACTERS} characters`),
);

const mediaType = v.pipe(
  text,
  v.regex(
    /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(;[\x20-\x7e]*)?$/,
    'must be a content type such as "application/json"',
  ),
);

const ENTRIES = {
  url: v.pipe(text, v.regex(/\S/, 'must be an address, not empty')),
  format: v.optional(oneOf(TARGET_FORMATS)),
  mode: v.optional(oneOf(CLOUDEVENTS_MODES)),
  body: v.optional(template),
  item: v.optional(template),
  content_type: v.optional(mediaType),
  secret_env: v.optional(variables),
  auth_env: v.optional(variable),
  headers: v.optional(headers),
  types: v.optional(types),
  projects: v.optional(oneOf(['all', 'allowed'])),
  from: v.optional(from),
  ack: v.optional(oneOf(ACKS)),
  compression: v.optional(oneOf(COMPRESSIONS)),
  max_events: v.optional(wholeNumber(1, 1000)),
  max_bytes: v.optional(wholeNumber(1, 64 * 1024 * 1024)),
  concurrency: v.optional(wholeNumber(1, 256)),
  rate: v.optional(
    v.pipe(
      text,
      v.regex(RATE, 'must be a number of events in a time: "500/s", "30/m" or "1000/h"'),
    ),
  ),
  client_cert: v.optional(present('the path of a PEM file')),
  client_key: v.optional(present('the path of a PEM file')),
  ca_file: v.optional(present('the path of a PEM file')),
};

/** The keys of a target's table in config.toml. */
export const TARGET_KEYS: readonly string[] = Object.keys(ENTRIES);

/** A key that redrain does not know may be one that was to keep events back. */
export const targetSchema = v.strictObject(ENTRIES, (issue) =>
  issue.expected === 'never'
    ? `is not a key of a target: there are ${TARGET_KEYS.join(', ')}`
    : issue.expected === 'Object'
      ? 'must be a table'
      : 'is missing',
);

/** Understands the table of one target. Never throws: what is wrong with it closes that target alone. */
export function toDeclaredTarget(
  name: string,
  given: unknown,
  above: readonly string[],
): DeclaredTarget {
  const path = [...above, name];
  const place = spellKey(path);
  const closed = (fault: string): DeclaredTarget => ({
    name,
    place,
    url: urlOf(given),
    settings: withDefaults({}),
    unsaid: new Set(),
    fault,
  });
  const misnamed = nameFault(name);
  if (misnamed !== undefined) return closed(`${place} is wrong: ${misnamed}.`);
  const checked = v.safeParse(targetSchema, given);
  if (!checked.success) return closed(`${faults(checked.issues, path)}.`);
  const { url, ...said } = checked.output;
  const settings = toSettings(said);
  const fault = unfit(checked.output);
  if (fault !== undefined) return closed(`${place}.${fault}.`);
  return Object.freeze({
    name,
    place,
    url,
    settings,
    unsaid: new Set<TargetSetting>(),
    fault: undefined,
  });
}
/** Targets that a program declares, by their names, in the spelling of the library. */
export function declaredByProgram(
  targets: Readonly<Record<string, TargetOptions>>,
): ReadonlyMap<string, DeclaredTarget> {
  return new Map(
    Object.entries(targets).map(([name, options]) => {
      const keys: Readonly<Record<string, string>> = SETTING_IN_FILE;
      const said = Object.entries(options).filter(([, value]) => value !== undefined);
      const table = Object.fromEntries(said.map(([key, value]) => [keys[key] ?? key, value]));
      return [name, toDeclaredTarget(name, table, ['targets'])];
    }),
  );
}

/** The address counts even where the rest is wrong: what is there must get nothing. */
const urlOf = (given: unknown): string | undefined =>
  isTable(given) && typeof given.url === 'string' && given.url.trim() !== ''
    ? given.url
    : undefined;

type Said = Omit<v.InferOutput<typeof targetSchema>, 'url'>;

function toSettings(said: Said): TargetSettings {
  const entries = Object.entries(SETTING_IN_FILE).map(([key, inFile]) => [key, said[inFile]]);
  return withDefaults(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
}

/** Formats that are no requests to an address on the network. */
const WITHIN_REDRAIN: ReadonlySet<string> = new Set<TargetFormat>(['module']);

/** What each key allows, and together makes no sense. */
function unfit(table: v.InferOutput<typeof targetSchema>): string | undefined {
  const { url, format, mode, client_cert, client_key } = table;
  const isModule = /^\s*module:/i.test(url);
  if (format !== undefined && WITHIN_REDRAIN.has(format) !== isModule)
    return isModule
      ? 'format belongs to other addresses: remove it, as a module is a format of its own'
      : 'format = "module" needs the address of a module, such as url = "module:./receiver.mjs"';
  const { body, item, content_type: contentType } = table;
  const framed = frameFault(format ?? TARGET_DEFAULTS.format, { body, item, contentType });
  if (framed !== undefined) return framed;
  if (contentType !== undefined && namesContentType(table.headers))
    return 'content_type and a header of that name say the same thing twice: remove one of them';
  if (mode !== undefined && format !== 'cloudevents')
    return 'mode belongs to the format cloudevents: set format, or remove mode';
  if ((client_cert === undefined) !== (client_key === undefined))
    return 'client_cert and client_key belong together: set both, or none';
  return undefined;
}

const namesContentType = (headers: Readonly<Record<string, string>> = {}): boolean =>
  Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
