import { shownAddress } from '../../address/shown-address.js';
import type { SyncSettings } from '../../config/settings.js';
import type { ClosedGate } from '../../dispatch/ports.js';
import { mayCarryToken } from '../../policy/bearer.js';
import { activeDeclared } from '../../targets/active-target.js';
import { isWithinRedrain } from '../../targets/canonical-url.js';
import { headersFault, isSendable } from '../headers.js';
import { caFileFault } from '../transport/trust.js';
import { type ExternalReceiverSettings, givenSettings, hasMisplacedVariable } from './settings.js';

const SET_ENDPOINT = 'run `redrain mode EXTERNAL_RECEIVER --endpoint URL`';

/** What the gate looks at. */
type GatedSettings = Pick<
  ExternalReceiverSettings,
  'endpoint' | 'queryValues' | 'headers' | 'missingVariables' | 'transport'
>;

/**
 * The first closed gate of an external receiver: first secrets that are missing
 * or must not travel there (`missing_auth`), then an endpoint or CA file that
 * cannot be used (`config_unreadable`).
 */
export function externalGate(settings: GatedSettings): ClosedGate | undefined {
  const auth = missingVariable(settings) ?? unsendableHeader(settings) ?? exposedSecret(settings);
  if (auth !== undefined) return { reason: 'missing_auth', message: auth };
  const config =
    reservedHeader(settings) ??
    unusableEndpoint(settings.endpoint) ??
    caFileFault(settings.transport.caFile);
  return config === undefined ? undefined : { reason: 'config_unreadable', message: config };
}

/** A closed gate of the configured endpoint, and the variable that is missing, if it is one. */
export interface EndpointGate extends ClosedGate {
  readonly variable: string | undefined;
}

/** What keeps events from leaving for the configured endpoint, as far as this machine can tell. */
export function endpointGateOf(
  env: NodeJS.ProcessEnv,
  settings: SyncSettings,
): EndpointGate | undefined {
  const { caFile } = settings;
  const named = activeDeclared(settings);
  if (named.state !== 'target' || isWithinRedrain(named.identity.canonicalUrl)) return undefined;
  const given = givenSettings(named.identity.rawEndpoint, named.settings, env);
  const transport = { env, ...(caFile === undefined ? {} : { caFile }) };
  const gate = externalGate({ ...given, transport });
  return gate && { ...gate, variable: given.missingVariables?.[0]?.variable };
}

function missingVariable({ missingVariables }: GatedSettings): string | undefined {
  const missing = missingVariables?.[0];
  if (missing === undefined) return undefined;
  const { header, variable } = missing;
  const what = header === undefined ? 'a key in the query of' : `the ${header} header for`;
  return `the environment variable ${variable} is not set: it should hold ${what} the external endpoint`;
}

function unsendableHeader({ headers = {} }: GatedSettings): string | undefined {
  const broken = Object.entries(headers).find(
    ([name, value]) => !isSendable(name, value.reveal().trim()),
  );
  if (broken === undefined) return undefined;
  return `the header ${JSON.stringify(broken[0])} cannot be sent: its name or value has characters HTTP does not allow`;
}

/** Nobody names a variable for what may be seen by all: each value needs TLS, or this machine. */
function exposedSecret(settings: GatedSettings): string | undefined {
  const { endpoint, headers = {}, queryValues = [] } = settings;
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' || mayCarryToken(url)) return undefined;
  const [name] = Object.keys(headers);
  if (name === undefined && queryValues.length === 0) return undefined;
  const what = name === undefined ? 'the key in the query' : `the ${name} header`;
  return `${what} would travel unencrypted to ${url.host}: use an https endpoint (plain http is for this machine only)`;
}

/** A hand-written config.toml may name any header: one that is not sent must not look as if it were. */
function reservedHeader({
  headers = {},
  missingVariables = [],
}: GatedSettings): string | undefined {
  const named = missingVariables.flatMap(({ header }) => header ?? []);
  return headersFault([...Object.keys(headers), ...named]);
}

function unusableEndpoint(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || endpoint.trim() === '')
    return `no endpoint is configured for EXTERNAL_RECEIVER: ${SET_ENDPOINT}`;
  if (hasMisplacedVariable(endpoint))
    return 'the external endpoint has a variable in its host or path: only values of its query may be variables';
  if (!URL.canParse(endpoint)) return `the external endpoint is not a URL: ${SET_ENDPOINT}`;
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `the external endpoint ${shownAddress(endpoint)} is not an http(s) URL: ${SET_ENDPOINT}`;
  if (url.username !== '' || url.password !== '')
    return `the external endpoint has a user or password in it: use --header or --auth-env instead`;
  return undefined;
}
