import type { SyncSettings } from '../config/settings.js';
import type { ClosedGate } from '../dispatch/ports.js';
import { externalGate } from '../receivers/external/gate.js';
import { givenSettings } from '../receivers/external/given-settings.js';
import { activeTarget } from '../targets/active-target.js';
import type { App } from './app.js';

/** A closed gate of the operator's own endpoint, and the variable that is missing, if it is one. */
export interface EndpointGate extends ClosedGate {
  readonly variable: string | undefined;
}

/** What keeps events from leaving for the configured endpoint, as far as this machine can tell. */
export function endpointGateOf(
  { env }: Pick<App, 'env'>,
  { external, caFile }: Pick<SyncSettings, 'external' | 'caFile'>,
): EndpointGate | undefined {
  const active = activeTarget('EXTERNAL_RECEIVER', undefined, external);
  if (active.state !== 'target' || active.identity.kind !== 'external') return undefined;
  const given = givenSettings(active.identity.rawEndpoint, active.settings, env);
  const transport = { env, ...(caFile === undefined ? {} : { caFile }) };
  const gate = externalGate({ ...given, transport });
  return gate && { ...gate, variable: given.missingVariables?.[0]?.variable };
}
