import { join } from 'node:path';
import type { SyncSettings } from '../config/settings.js';
import { TARGET_DEFAULTS } from '../config/target-settings.js';
import { activeDeclared, declaredAt, declaredTarget } from '../targets/active-target.js';
import type { TargetRecord, TargetSettings } from '../targets/registry.js';
import { settingsInForce } from '../targets/settings-in-force.js';
import type { Circumstances, ReceiverSurroundings, TargetKindRow } from './kind.js';
import { bareGetHeaders, judgeEndpoint } from './reachability.js';
import { sinkFileName } from './stub/sink-name.js';

/** What a kind of endpoint adds to what all of them have in common. */
type OwnPart = Pick<TargetKindRow, 'kind' | 'obstacle' | 'receiver' | 'reach'>;

/**
 * A kind of target that the operator configures by its address: settings and
 * secrets are the target's own, and nobody signs in. Code that only a request
 * needs is loaded when one is made.
 */
const endpointKind = (own: OwnPart): TargetKindRow => ({
  isHosted: false,
  configured: ({ settings }) => activeDeclared(settings),
  hasIdentity: () => true,
  projects: (settings) => activeSettings(settings).projects ?? TARGET_DEFAULTS.projects,
  settingsNow(target, settings) {
    const declared = declaredAt(settings, target.urlHash);
    const named = declared && declaredTarget(declared);
    return named?.state === 'target' ? settingsInForce(named, target.settings) : target.settings;
  },
  team: () => undefined,
  gate: (_at, active) =>
    active.state === 'error' ? { reason: 'config_unreadable', message: active.message } : undefined,
  assertOneServer: () => undefined,
  warning: () => undefined,
  switchedOff: () => undefined,
  authentication({ env, settings }) {
    const { authEnv } = activeSettings(settings);
    const present = authEnv !== undefined && (env[authEnv] ?? '').trim() !== '';
    return { required: authEnv !== undefined, present };
  },
  signIn: () => ({
    advice: 'compare the variables that hold its secrets: redrain mode names them',
  }),
  ...own,
});

/** What the configuration says of the active target, be its address usable or not. */
const activeSettings = ({ targets, activeTarget }: SyncSettings): TargetSettings =>
  targets.get(activeTarget ?? '')?.settings ?? {};

/** The operator's own endpoint, over HTTP. */
export const EXTERNAL = endpointKind({
  kind: 'external',
  async obstacle({ env, settings }) {
    const { endpointGateOf } = await import('./external/gate.js');
    const gate = endpointGateOf(env, settings);
    if (gate === undefined) return undefined;
    const state = gate.reason === 'missing_auth' ? 'missing_auth' : 'missing_host_config';
    const { message, variable } = gate;
    const command = variable === undefined ? 'redrain config' : `export ${variable}=…`;
    return { state, message, command };
  },
  async receiver(target, at, given) {
    const { ExternalReceiver } = await import('./external-receiver.js');
    const { givenSettings } = await import('./external/settings.js');
    return new ExternalReceiver({
      ...givenSettings(target.rawEndpoint, target.settings, at.env),
      ack: target.settings.ack === 'status' ? 'status' : 'results',
      ...httpSettings(target, at, given),
    });
  },
  async reach({ rawEndpoint }, { env }, ask) {
    const { fillQuery } = await import('./external/settings.js');
    return judgeEndpoint(await ask(fillQuery(rawEndpoint.reveal(), env).address, bareGetHeaders()));
  },
});

/** The receiver within redrain. */
export const STUB = endpointKind({
  kind: 'stub',
  obstacle: async () => undefined,
  async receiver({ canonicalUrl, settings }, { paths }, { now }) {
    const { StubReceiver } = await import('./stub-receiver.js');
    const sinkFile = join(paths.state, sinkFileName(canonicalUrl) ?? 'stub.db');
    return new StubReceiver({ endpoint: canonicalUrl, sinkFile, limits: limitsOf(settings), now });
  },
  reach: async () => undefined,
});

/** What every receiver over HTTP is told, whatever else it needs. */
export function httpSettings(
  { settings }: Pick<TargetRecord, 'settings'>,
  { env, settings: { caFile } }: Circumstances,
  { deadlineMs, version, onAnswer, now }: ReceiverSurroundings,
) {
  const transport = {
    env,
    ...(caFile === undefined ? {} : { caFile }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    onAnswer,
  };
  return { limits: limitsOf(settings), version, transport, now };
}

function limitsOf({ maxEvents, maxBytes }: TargetSettings) {
  return {
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}
