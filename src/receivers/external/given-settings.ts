import type { Address } from '../../address/address.js';
import { Secret } from '../../config/secret.js';
import type { TargetSettings } from '../../targets/registry.js';
import { fillQuery } from './query-variables.js';
import type { ExternalReceiverSettings, MissingVariable } from './settings.js';

/** The part of a receiver's settings that comes from its target and from the environment. */
export type GivenSettings = Pick<
  ExternalReceiverSettings,
  'endpoint' | 'queryValues' | 'headers' | 'missingVariables'
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
    const value = env[variable]?.trim();
    if (value) headers[header] = new Secret(isAuth(header) ? authorization(value) : value);
    else missingVariables.push({ header, variable });
  }
  return {
    endpoint: address,
    queryValues: values.map((value) => new Secret(value)),
    headers,
    missingVariables,
  };
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
