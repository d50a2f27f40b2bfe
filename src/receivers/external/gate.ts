import type { ClosedGate } from '../../dispatch/ports.js';
import { mayCarryToken } from '../../policy/bearer.js';
import { isCredential, isSendable } from '../headers.js';
import { shownUrl } from '../shown-url.js';
import { caFileFault } from '../transport/trust.js';
import type { ExternalReceiverSettings } from './settings.js';

const SET_ENDPOINT = 'run `redrain mode EXTERNAL_RECEIVER --endpoint URL`';

/**
 * The first closed gate of an external receiver, in the order of SPEC section
 * 4: secrets that are missing or must not travel there (`missing_auth`), then
 * an endpoint or CA file that cannot be used (`config_unreadable`).
 */
export function externalGate(settings: ExternalReceiverSettings): ClosedGate | undefined {
  const auth = missingVariable(settings) ?? unsendableHeader(settings) ?? exposedToken(settings);
  if (auth !== undefined) return { reason: 'missing_auth', message: auth };
  const config = unusableEndpoint(settings.endpoint) ?? caFileFault(settings.transport.caFile);
  return config === undefined ? undefined : { reason: 'config_unreadable', message: config };
}

function missingVariable({ missingVariables }: ExternalReceiverSettings): string | undefined {
  const missing = missingVariables?.[0];
  if (missing === undefined) return undefined;
  return (
    `the environment variable ${missing.variable} is not set: it should hold the ` +
    `${missing.header} header for the external endpoint`
  );
}

function unsendableHeader({ headers = {} }: ExternalReceiverSettings): string | undefined {
  const broken = Object.entries(headers).find(
    ([name, value]) => !isSendable(name, value.reveal().trim()),
  );
  if (broken === undefined) return undefined;
  return `the header ${JSON.stringify(broken[0])} cannot be sent: its name or value has characters HTTP does not allow`;
}

function exposedToken({ endpoint, headers = {} }: ExternalReceiverSettings): string | undefined {
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' || mayCarryToken(url)) return undefined;
  const exposed = Object.entries(headers).find(([name, value]) =>
    isCredential(name, value.reveal().trim()),
  );
  if (exposed === undefined) return undefined;
  return `the ${exposed[0]} header would travel unencrypted to ${url.host}: use an https endpoint`;
}

function unusableEndpoint(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || endpoint.trim() === '')
    return `no endpoint is configured for EXTERNAL_RECEIVER: ${SET_ENDPOINT}`;
  if (!URL.canParse(endpoint)) return `the external endpoint is no URL: ${SET_ENDPOINT}`;
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `the external endpoint ${shownUrl(endpoint)} is no http(s) URL: ${SET_ENDPOINT}`;
  if (url.username !== '' || url.password !== '')
    return `the external endpoint has a user or password in it: use --header or --auth-env instead`;
  return undefined;
}
