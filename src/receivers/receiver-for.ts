import { join } from 'node:path';
import type { DeliveryReceiver } from '../dispatch/ports.js';
import { surfacesOf } from '../spec-kitty/surfaces.js';
import type { TeamspaceAccess } from '../spec-kitty/teamspace-access.js';
import { canonicalUrl } from '../targets/canonical-url.js';
import type { TargetRecord, TargetSettings } from '../targets/registry.js';
import { sinkFileName } from './stub/sink-name.js';

/** What a receiver needs beside its target's row. */
export interface ReceiverSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly caFile: string | undefined;
  /** Of each request; the usual ones when undefined. */
  readonly deadlineMs: number | undefined;
  /** Of redrain, for the User-Agent. */
  readonly version: string;
  /** Directory of the stub's sinks. */
  readonly stateDir: string;
  now(): number;
  /** The Teamspace gates, and the tokens of the target's own server. */
  readonly teamspace: TeamspaceAccess;
}

/**
 * The receiver of a target, from the target's own row: its endpoint and where
 * its secrets are found, never those of another target. Each kind loads its
 * own code only.
 */
export async function receiverFor(
  target: TargetRecord,
  given: ReceiverSurroundings,
): Promise<DeliveryReceiver> {
  switch (target.kind) {
    case 'teamspace':
      return teamspaceReceiver(target, given);
    case 'external':
      return externalReceiver(target, given);
    case 'stub':
      return stubReceiver(target, given);
  }
}

async function teamspaceReceiver(
  target: TargetRecord,
  given: ReceiverSurroundings,
): Promise<DeliveryReceiver> {
  const { TeamspaceReceiver } = await import('../spec-kitty/receiver/teamspace-receiver.js');
  const { batchUrl, healthUrl } = surfacesOf(canonicalUrl(target.rawEndpoint.reveal()));
  return new TeamspaceReceiver({
    batchUrl,
    healthUrl,
    token: () => given.teamspace.token(),
    onUnauthorized: () => given.teamspace.renewedToken(),
    loginCommand: given.teamspace.loginCommand,
    gate: () => given.teamspace.gate(),
    ...(target.teamSlug === '' ? {} : { teamSlug: target.teamSlug }),
    ...common(target.settings, given),
  });
}

async function externalReceiver(
  target: TargetRecord,
  given: ReceiverSurroundings,
): Promise<DeliveryReceiver> {
  const { ExternalReceiver } = await import('./external-receiver.js');
  const { givenSettings } = await import('./external/given-settings.js');
  return new ExternalReceiver({
    ...givenSettings(target.rawEndpoint, target.settings, given.env),
    ...(target.settings.ack === undefined ? {} : { ack: target.settings.ack }),
    ...common(target.settings, given),
  });
}

async function stubReceiver(
  target: TargetRecord,
  given: ReceiverSurroundings,
): Promise<DeliveryReceiver> {
  const { StubReceiver } = await import('./stub-receiver.js');
  const sinkFile = join(given.stateDir, sinkFileName(target.canonicalUrl) ?? 'stub.db');
  return new StubReceiver({
    endpoint: target.canonicalUrl,
    sinkFile,
    limits: limitsOf(target.settings),
    now: given.now,
  });
}

function common(settings: TargetSettings, given: ReceiverSurroundings) {
  const { env, caFile, deadlineMs, version, now } = given;
  const transport = {
    env,
    ...(caFile === undefined ? {} : { caFile }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
  return { limits: limitsOf(settings), version, transport, now };
}

function limitsOf({ maxEvents, maxBytes }: TargetSettings) {
  return {
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}
