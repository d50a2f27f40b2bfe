import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { secretsInAddress } from '../address/shown-address.js';
import { homeIdOf } from '../config/home-id.js';
import { instanceOf } from '../config/home-instance.js';
import type { SyncSettings } from '../config/settings.js';
import { TARGET_DEFAULTS } from '../config/target-settings.js';
import { activeDeclared, declaredAt, declaredTarget } from '../targets/active-target.js';
import { moduleFile } from '../targets/canonical-url.js';
import type { TargetIdentity } from '../targets/identity.js';
import type { TargetRecord, TargetSettings } from '../targets/registry.js';
import { settingsInForce } from '../targets/settings-in-force.js';
import { tlsFiles } from './external/tls-files.js';
import type { HubSender } from './formats/format.js';
import { percentEncoded } from './formats/header-text.js';
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
    active.state === 'error'
      ? {
          reason: active.isUnnamed === true ? 'no_target' : 'config_unreadable',
          message: active.message,
          advice: active.advice,
        }
      : undefined,
  assertOneServer: () => undefined,
  warning: () => undefined,
  switchedOff: () => undefined,
  authentication({ env, settings }) {
    const { authEnv } = activeSettings(settings);
    const present = authEnv !== undefined && (env[authEnv] ?? '').trim() !== '';
    return { required: authEnv !== undefined, present };
  },
  signIn: () => ({
    advice: 'compare the variables that hold its secrets: `redrain targets show NAME` names them',
  }),
  ...own,
});

/** What the configuration says of the active target, be its address usable or not. */
const activeSettings = ({ targets, activeTarget }: SyncSettings): TargetSettings =>
  targets.get(activeTarget ?? '')?.settings ?? {};

/** The operator's own endpoint, over HTTP. */
export const EXTERNAL = endpointKind({
  kind: 'external',
  async obstacle({ env, settings, paths }) {
    const { endpointGateOf } = await import('./external/gate.js');
    const gate = endpointGateOf(env, settings, paths);
    if (gate === undefined) return undefined;
    const state = gate.reason === 'missing_auth' ? 'missing_auth' : 'missing_host_config';
    const { message, advice: howTo, variable } = gate;
    const command = variable === undefined ? 'redrain config' : `export ${variable}=…`;
    return { state, message, howTo, command };
  },
  async receiver(target, at, given) {
    const { ExternalReceiver } = await import('./external-receiver.js');
    const { givenSettings } = await import('./external/settings.js');
    const { format, mode, compression, concurrency } = target.settings;
    return new ExternalReceiver({
      ...givenSettings(target.rawEndpoint, target.settings, at.env),
      ...(format === undefined ? {} : { format }),
      ...(mode === undefined ? {} : { mode }),
      ...(compression === undefined ? {} : { compression }),
      ack: ackOf(target.settings),
      concurrency,
      source: `/redrain/${homeIdOf(at.paths)}`,
      ...(format === 'hub' && { sender: senderOf(target, at) }),
      readsGzip: target.readsGzip ?? undefined,
      learnedGzip: given.learnedGzip,
      ...httpSettings(target, at, given),
    });
  },
  async reach({ rawEndpoint }, { env }, ask) {
    const { fillQuery } = await import('./external/settings.js');
    return judgeEndpoint(await ask(fillQuery(rawEndpoint.reveal(), env).address, bareGetHeaders()));
  },
});

/** A hub answers for each event: any other 2xx is the answer of somebody else. */
export function ackOf({ format, ack = 'auto' }: TargetSettings): 'auto' | 'results' | 'status' {
  return format === 'hub' && ack === 'auto' ? 'results' : ack;
}

/** `unkept`: a home that was never drained, which sends canaries alone. */
function senderOf({ urlHash }: TargetIdentity, { paths }: Circumstances): HubSender {
  const instance = instanceOf(paths) ?? 'unkept';
  const host = percentEncoded(hostname()).slice(0, 255);
  return { home: homeIdOf(paths), instance, host, stream: urlHash.slice(0, 12) };
}

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

/** A receiver of the operator's own, loaded from a file. */
export const MODULE = endpointKind({
  kind: 'module',
  async obstacle({ env, settings, paths }) {
    const named = activeDeclared(settings);
    if (named.state !== 'target') return undefined;
    const receiver = await moduleReceiver(named.identity, named.settings, { env, paths });
    const gate = await receiver.closedGate();
    if (gate === undefined) return undefined;
    const state = gate.reason === 'missing_auth' ? 'missing_auth' : 'missing_host_config';
    const { message, advice: howTo } = gate;
    return { state, message, howTo, command: 'redrain config' };
  },
  receiver: (target, at, { deadlineMs }) =>
    moduleReceiver(target, target.settings, { ...at, deadlineMs }),
  reach: async () => undefined,
});

async function moduleReceiver(
  { rawEndpoint, canonicalUrl }: Pick<TargetIdentity, 'rawEndpoint' | 'canonicalUrl'>,
  settings: TargetSettings,
  at: Pick<Circumstances, 'env' | 'paths'> & { readonly deadlineMs?: number | undefined },
) {
  const { ModuleReceiver } = await import('./module-receiver.js');
  const { fillQuery } = await import('./external/settings.js');
  const { address, values, missing } = fillQuery(rawEndpoint.reveal(), at.env);
  const { path, query } = moduleFile(address);
  return new ModuleReceiver({
    endpoint: canonicalUrl,
    file: resolve(dirname(at.paths.config), path),
    query,
    secrets: [...values, ...secretsInAddress(address)],
    missing: missing[0],
    limits: limitsOf(settings),
    deadlineMs: at.deadlineMs,
  });
}

/** What every receiver over HTTP is told, whatever else it needs. */
export function httpSettings(
  { settings }: Pick<TargetRecord, 'settings'>,
  { env, paths, settings: { caFile } }: Circumstances,
  { deadlineMs, version, onAnswer, now }: ReceiverSurroundings,
) {
  const transport = {
    env,
    ...tlsFiles(settings, paths, caFile),
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
