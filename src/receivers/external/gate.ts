import type { Address } from '../../address/address.js';
import { shownAddress } from '../../address/shown-address.js';
import type { Advised } from '../../base/advice.js';
import type { HomePaths } from '../../config/home.js';
import type { SyncSettings } from '../../config/settings.js';
import type { TargetSettings } from '../../config/target-settings.js';
import type { ClosedGate } from '../../dispatch/ports.js';
import { mayCarryToken } from '../../policy/bearer.js';
import { activeDeclared } from '../../targets/active-target.js';
import { isWithinRedrain } from '../../targets/canonical-url.js';
import { batchFormat } from '../formats/batch.js';
import type { RequestFormat } from '../formats/format.js';
import { formatOf } from '../formats/formats.js';
import { signingFault } from '../formats/signer.js';
import { headersFault, isSendable } from '../headers.js';
import { caFileFault, clientCertificateFault, type TlsFiles } from '../transport/trust.js';
import { type ExternalReceiverSettings, givenSettings, hasMisplacedVariable } from './settings.js';
import { tlsFiles } from './tls-files.js';

const SET_ENDPOINT = 'run `redrain mode EXTERNAL_RECEIVER --endpoint URL`';

/** What the gate looks at. */
type GatedSettings = Pick<
  ExternalReceiverSettings,
  | 'endpoint'
  | 'queryValues'
  | 'headers'
  | 'missingVariables'
  | 'secrets'
  | 'frameValues'
  | 'transport'
>;

/** Which headers a format gives itself. */
type Owning = Pick<RequestFormat, 'owns'>;

/**
 * The first closed gate of an external receiver: first secrets that are missing
 * or must not travel there (`missing_auth`), then an endpoint or CA file that
 * cannot be used (`config_unreadable`).
 */
export function externalGate(
  settings: GatedSettings,
  format: Owning = batchFormat(),
): ClosedGate | undefined {
  const auth =
    missingVariable(settings) ??
    unusableKey(settings) ??
    unsendableHeader(settings) ??
    exposedSecret(settings);
  if (auth !== undefined) return { reason: 'missing_auth', message: auth };
  const header = reservedHeader(settings) ?? ownedHeader(settings, format);
  if (header !== undefined) return { reason: 'config_unreadable', message: header };
  const endpoint = unusableEndpoint(settings.endpoint);
  if (endpoint !== undefined) return { reason: 'config_unreadable', ...endpoint };
  const files =
    caFileFault(settings.transport.caFile) ?? clientCertificateFault(settings.transport);
  return files === undefined ? undefined : { reason: 'config_unreadable', message: files };
}

/** A closed gate of the configured endpoint, and the variable that is missing, if it is one. */
export interface EndpointGate extends ClosedGate {
  readonly variable: string | undefined;
}

/** What keeps events from leaving for the configured endpoint, as far as this machine can tell. */
export function endpointGateOf(
  env: NodeJS.ProcessEnv,
  settings: SyncSettings,
  paths: Pick<HomePaths, 'config'>,
): EndpointGate | undefined {
  const { caFile } = settings;
  const named = activeDeclared(settings);
  if (named.state !== 'target' || isWithinRedrain(named.identity.canonicalUrl)) return undefined;
  return gateOfTarget(
    named.identity.rawEndpoint,
    named.settings,
    env,
    tlsFiles(named.settings, paths, caFile),
  );
}

/** The same for any endpoint and its settings. */
export function gateOfTarget(
  endpoint: Address,
  settings: TargetSettings,
  env: NodeJS.ProcessEnv,
  files: TlsFiles,
): EndpointGate | undefined {
  const given = givenSettings(endpoint, settings, env);
  const { format = 'batch', mode } = settings;
  const { owns } = formatOf({ format, mode });
  const gate = externalGate({ ...given, transport: { env, ...files } }, { owns });
  return gate && { ...gate, variable: given.missingVariables?.[0]?.variable };
}

function missingVariable({ missingVariables }: GatedSettings): string | undefined {
  const missing = missingVariables?.[0];
  if (missing === undefined) return undefined;
  const { header, variable, signs, isInBody } = missing;
  const place = isInBody === true ? 'a value in the body of requests to' : 'a key in the query of';
  const other = signs === true ? 'the key that signs requests to' : place;
  const what = header === undefined ? other : `the ${header} header for`;
  return `the environment variable ${variable} is not set: it should hold ${what} this target`;
}

/** What cannot sign must not make requests leave unsigned. */
function unusableKey({ secrets = [] }: GatedSettings): string | undefined {
  const faults = secrets.map(({ variable, value }) => {
    const fault = signingFault(value);
    return fault && `the environment variable ${variable} ${fault}`;
  });
  return faults.find((fault) => fault !== undefined);
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
  const { endpoint, headers = {}, queryValues = [], frameValues = [] } = settings;
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' || mayCarryToken(url)) return undefined;
  const [name] = Object.keys(headers);
  if (name === undefined && queryValues.length + frameValues.length === 0) return undefined;
  const inUrl = queryValues.length > 0 ? 'the key in the query' : 'the variable in the body';
  const what = name === undefined ? inUrl : `the ${name} header`;
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

/** A header of the format itself would be sent twice, or not as it was set. */
function ownedHeader({ headers = {} }: GatedSettings, { owns }: Owning): string | undefined {
  const name = Object.keys(headers).find((one) => owns(one.toLowerCase()));
  return name && `the header ${name} cannot be set: it is given by the format of this target`;
}

function unusableEndpoint(endpoint: string | undefined): Advised | undefined {
  if (endpoint === undefined || endpoint.trim() === '')
    return { message: 'no endpoint is configured for EXTERNAL_RECEIVER', advice: SET_ENDPOINT };
  if (hasMisplacedVariable(endpoint))
    return {
      message:
        'the endpoint has a variable in its host or path: only values of its query may be variables',
    };
  if (!URL.canParse(endpoint))
    return { message: 'the endpoint is not a URL', advice: SET_ENDPOINT };
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return {
      message: `the endpoint ${shownAddress(endpoint)} is not an http(s) URL`,
      advice: SET_ENDPOINT,
    };
  if (url.username !== '' || url.password !== '')
    return {
      message: 'the endpoint has a user or password in it: use --header or --auth-env instead',
    };
  return undefined;
}
