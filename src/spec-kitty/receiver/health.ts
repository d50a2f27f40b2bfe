import type {
  BatchLimits,
  ClosedGate,
  DeploymentMetadata,
  TargetGreeting,
} from '../../dispatch/ports.js';
import type { HttpAnswer } from '../../receivers/answer.js';
import {
  isJsonObject,
  type JsonObject,
  readJsonObject,
} from '../../receivers/mapping/answer-body.js';
import { cut, oneLine } from '../../receivers/mapping/shown.js';
import type { Redactor } from '../../receivers/redact.js';
import { roomForEvents } from '../../receivers/request-body.js';

/** Of what a server advertises only so much is used: its own counting may differ from ours. */
const SHARE_USED = 0.9;
/** Advertised numbers outside these are a mistake; acting on them would stall or bloat a drain. */
const BELIEVABLE_EVENTS = { least: 1, most: 10_000 };
const BELIEVABLE_BYTES = { least: 256, most: 16 * 1024 * 1024 };
const MAX_METADATA_LENGTH = 200;

/** The member of the health document each piece of metadata comes from. */
const METADATA_MEMBERS = {
  serverInstanceId: 'server_instance_id',
  deploymentId: 'deployment_id',
  environmentName: 'environment_name',
  gitSha: 'git_sha',
} as const satisfies Record<keyof DeploymentMetadata, string>;

/**
 * What a health document says of a target. Anything but a 200 with a JSON
 * object means that it is not offered: an empty greeting. Members of the wrong
 * type or with unbelievable values count as absent. `otherwise` are the limits
 * in force for what is not advertised.
 */
export function readHealth(
  answer: HttpAnswer,
  otherwise: BatchLimits,
  redact: Redactor,
): TargetGreeting {
  if ('failure' in answer || answer.status !== 200) return {};
  const body = readJsonObject(answer.body);
  if ('unusable' in body) return {};
  const limits = advertisedLimits(body.object, otherwise);
  const metadata = advertisedMetadata(body.object, redact);
  return {
    ...(limits && { limits: roomForEvents(limits) }),
    ...(metadata && { metadata }),
    ...(body.object.private_teamspace === false && { closed: NO_PRIVATE_TEAMSPACE }),
  };
}

const NO_PRIVATE_TEAMSPACE: ClosedGate = {
  reason: 'private_teamspace_gate',
  message: 'the server says that this login has no Private Teamspace',
  advice: 'create one there, or log in to a team that has one with `redrain login`',
};

function advertisedLimits(health: JsonObject, otherwise: BatchLimits): BatchLimits | undefined {
  const ingress = isJsonObject(health.sync_ingress) ? health.sync_ingress : {};
  const limits = isJsonObject(ingress.limits) ? ingress.limits : {};
  const maxEvents = used(limits.max_events_per_batch, BELIEVABLE_EVENTS);
  const maxBytes = used(limits.max_decompressed_bytes_per_batch, BELIEVABLE_BYTES);
  if (maxEvents === undefined && maxBytes === undefined) return undefined;
  return {
    maxEvents: maxEvents ?? otherwise.maxEvents,
    maxBytes: maxBytes ?? otherwise.maxBytes,
  };
}

function used(value: unknown, { least, most }: { least: number; most: number }) {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) return undefined;
  return Math.min(most, Math.max(1, Math.floor(value * SHARE_USED)));
}

function advertisedMetadata(health: JsonObject, redact: Redactor): DeploymentMetadata | undefined {
  const known = Object.entries(METADATA_MEMBERS)
    .map(([name, member]) => [name, metadataText(health[member], redact)] as const)
    .filter(([, text]) => text !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

function metadataText(value: unknown, redact: Redactor): string | undefined {
  if (typeof value !== 'string') return undefined;
  return cut(oneLine(value, redact), MAX_METADATA_LENGTH) || undefined;
}
