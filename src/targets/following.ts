import type { DeploymentMetadata } from '../dispatch/ports.js';
import { canonicalUrl } from './canonical-url.js';
import type { TargetDescription, TargetSettings } from './registry.js';
import { type ResetSignal, resetSignal } from './reset-signal.js';
import { settingsInForce } from './settings-in-force.js';
import { FROM_ALL } from './start.js';
import { deploymentOf, type TargetRow } from './target-row.js';

/** What a row says that follows its description. */
export interface Following {
  readonly rawEndpoint: string;
  readonly canonicalUrl: string;
  /** As JSON; with the start that the row has until another one is reached. */
  readonly settings: string;
  readonly from: string | undefined;
  /** It is new, or starts elsewhere than it did. */
  readonly startsAnew: boolean;
}

/** What the row of a target is to say after `description`; `known` is undefined for a new one. Pure. */
export function followed(description: TargetDescription, known: TargetRow | undefined): Following {
  const kept = known && (JSON.parse(known.settings) as TargetSettings);
  const inForce = settingsInForce(description, kept);
  const { from } = inForce;
  const isMoved = kept !== undefined && (kept.from ?? FROM_ALL) !== (from ?? FROM_ALL);
  return {
    ...addressStored(description),
    settings: JSON.stringify(isMoved ? withFrom(inForce, kept.from) : inForce),
    from,
    startsAnew: kept === undefined || isMoved,
  };
}

/** The address of a target as its row has it: it may hold keys. */
export function addressStored({
  rawEndpoint,
}: Pick<TargetDescription, 'rawEndpoint'>): Pick<Following, 'rawEndpoint' | 'canonicalUrl'> {
  const address = rawEndpoint.reveal();
  return { rawEndpoint: address, canonicalUrl: canonicalUrl(address) };
}

/** The same settings with this start, or without one: `all` is the default. */
export function withFrom(settings: TargetSettings, from: string | undefined): TargetSettings {
  const { from: _from, ...others } = settings;
  return from === undefined ? others : { ...others, from };
}

/** What is to be written of what a server told of itself. */
export interface DeploymentNews {
  readonly signal: ResetSignal | undefined;
  /** A deployment that the row does not name yet. */
  readonly added: DeploymentMetadata | undefined;
}

/** Undefined members: nothing new. Pure. */
export function deploymentNews(row: TargetRow, metadata: DeploymentMetadata): DeploymentNews {
  if (Object.keys(metadata).length === 0) return { signal: undefined, added: undefined };
  const before = deploymentOf(row) ?? {};
  const signal = resetSignal(before, metadata);
  if (row.deploymentRef !== null && isSame(before, metadata)) return { signal, added: undefined };
  // Another instance has said nothing yet of what the old one told.
  const known = signal === undefined ? before : {};
  return { signal, added: { ...known, ...metadata } };
}

/** What a server does not tell stays as it was known: silence is no change. */
function isSame(before: DeploymentMetadata, after: DeploymentMetadata): boolean {
  return Object.entries(after).every(
    ([field, value]) => before[field as keyof DeploymentMetadata] === value,
  );
}
