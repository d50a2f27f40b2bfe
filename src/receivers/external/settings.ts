import type { Address } from '../../address/address.js';
import { filledFrame, type RequestFrame, variablesOfFrame } from '../../config/request-frame.js';
import { Secret } from '../../config/secret.js';
import type { TargetFormat, TargetSettings } from '../../config/target-settings.js';
import type { BatchLimits } from '../../dispatch/ports.js';

import type { HubSender } from '../formats/format.js';
import type { AckMode } from '../mapper.js';
import type { TransportSettings } from '../transport/network.js';

/** An environment variable that is named in the configuration, but not set. */
export interface MissingVariable {
  /** The header it is for; undefined for one in the query of the endpoint or in the body, or a key for signatures. */
  readonly header?: string;
  /** True for one that should hold a key for signatures. */
  readonly signs?: true;
  /** True for one in the body of requests. */
  readonly isInBody?: true;
  readonly variable: string;
}

/** A key for signatures, and the variable that holds it. */
export interface SigningSecret {
  readonly variable: string;
  readonly value: Secret;
}

/** Everything an external receiver needs; it reads no configuration of its own. */
export interface ExternalReceiverSettings {
  /** The operator's URL, its variables filled in; undefined or blank when there is none. */
  readonly endpoint: string | undefined;
  /** What was filled in, to be hidden. */
  readonly queryValues?: readonly Secret[];
  /** Header name → value, all of them treated as secret. */
  readonly headers?: Readonly<Record<string, Secret>>;
  readonly missingVariables?: readonly MissingVariable[];
  /** `batch` when absent. */
  readonly format?: TargetFormat | undefined;
  /** Of the format `cloudevents`. */
  readonly mode?: TargetSettings['mode'];
  readonly secrets?: readonly SigningSecret[];
  /** What stands around events, its variables filled in. */
  readonly frame?: RequestFrame;
  /** What was filled in there, to be hidden. */
  readonly frameValues?: readonly Secret[];
  /** The `source` of CloudEvents that name none. */
  readonly source?: string;
  /** Who sends, in the format `hub`. */
  readonly sender?: HubSender;
  /** `results` when absent. */
  readonly ack?: AckMode;
  /** `auto` when absent. */
  readonly compression?: TargetSettings['compression'];
  /** Whether the target reads gzip, as it was learned before. */
  readonly readsGzip?: boolean | undefined;
  /** Told when that is learned. */
  readonly learnedGzip?: ((readsGzip: boolean) => Promise<void>) | undefined;
  /** Requests at once, where a request carries one event. */
  readonly concurrency?: number | undefined;
  readonly limits?: Partial<BatchLimits>;
  /** Of redrain, for the User-Agent. */
  readonly version: string;
  readonly transport: TransportSettings;
  readonly now?: () => number;
}

/** The part of a receiver's settings that comes from its target and from the environment. */
export type GivenSettings = Pick<
  ExternalReceiverSettings,
  'endpoint' | 'queryValues' | 'headers' | 'missingVariables' | 'secrets' | 'frame' | 'frameValues'
>;

/**
 * The endpoint and the headers of a target with the values behind the named
 * variables; a name without a value closes the gate.
 */
export function givenSettings(
  endpoint: Address,
  settings: TargetSettings,
  env: NodeJS.ProcessEnv,
): GivenSettings {
  const { address, values, missing } = fillQuery(endpoint.reveal(), env);
  const headers: Record<string, Secret> = {};
  const missingVariables: MissingVariable[] = missing.map((variable) => ({ variable }));
  for (const [header, variable] of namedVariables(settings)) {
    const value = valueIn(env, variable);
    if (value) headers[header] = new Secret(isAuth(header) ? authorization(value) : value);
    else missingVariables.push({ header, variable });
  }
  const secrets: SigningSecret[] = [];
  for (const variable of settings.secretEnv ?? []) {
    const value = valueIn(env, variable);
    if (value) secrets.push({ variable, value: new Secret(value) });
    else missingVariables.push({ variable, signs: true });
  }
  const inBody = variablesOfFrame(settings).map((name) => ({ name, value: valueIn(env, name) }));
  const unset = inBody.filter(({ value }) => value === undefined);
  missingVariables.push(...unset.map(({ name }) => ({ variable: name, isInBody: true }) as const));
  return {
    endpoint: address,
    queryValues: values.map((value) => new Secret(value)),
    headers,
    missingVariables,
    secrets,
    frame: filledFrame(settings, (variable) => valueIn(env, variable)),
    frameValues: inBody.flatMap(({ value }) => (value === undefined ? [] : new Secret(value))),
  };
}

/** Undefined for a variable that is not set, or blank. */
function valueIn(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  return env[variable]?.trim() || undefined;
}

const AUTH = 'Authorization';
const isAuth = (header: string): boolean => header.toLowerCase() === AUTH.toLowerCase();

/** `auth_env` goes before a header of the same name. */
function namedVariables({ authEnv, headers = {} }: TargetSettings): [string, string][] {
  const named = Object.entries(headers);
  if (authEnv === undefined) return named;
  return [...named.filter(([header]) => !isAuth(header)), [AUTH, authEnv]];
}

/** A bare token is a Bearer token; a value with a scheme of its own is taken as it is. */
const authorization = (value: string): string => (value.includes(' ') ? value : `Bearer ${value}`);

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** An address whose variables are filled in, and what that took. */
export interface FilledAddress {
  readonly address: string;
  /** Values that were filled in: keys, as a rule. */
  readonly values: readonly string[];
  /** Variables that are not set. */
  readonly missing: readonly string[];
}

/**
 * Fills in the variables of a query, `?key=${HOOK_KEY}`, for one request. They
 * stay names wherever the address is stored or compared, so that another value
 * is the same target. Values are percent-encoded: the server gets them as they
 * are.
 */
export function fillQuery(address: string, env: NodeJS.ProcessEnv): FilledAddress {
  const at = address.indexOf('?');
  if (at < 0) return { address, values: [], missing: [] };
  const values: string[] = [];
  const missing: string[] = [];
  const query = address.slice(at).replace(VARIABLE, (text, variable: string) => {
    const value = valueIn(env, variable);
    if (value) values.push(value);
    else missing.push(variable);
    return value ? encodeURIComponent(value) : text;
  });
  return { address: address.slice(0, at) + query, values, missing };
}

/** True when a variable stands where none is filled in: in the host or the path. */
export function hasMisplacedVariable(address: string): boolean {
  const [place = ''] = address.split(/[?#]/);
  return place.search(VARIABLE) >= 0;
}
