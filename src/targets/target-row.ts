import { Address } from '../address/address.js';
import { shownAddress } from '../address/shown-address.js';
import type { DeploymentMetadata, DrainBlockedReason } from '../dispatch/ports.js';
import type { ResetSignalRecord, TargetKind, TargetRecord, TargetSettings } from './registry.js';

/** A target with its deployment as every engine stores them. */
export interface TargetRow {
  readonly id: number;
  readonly urlHash: string;
  readonly teamSlug: string;
  readonly userEmail: string;
  readonly kind: TargetKind;
  readonly canonicalUrl: string;
  readonly rawEndpoint: string;
  readonly settings: string;
  readonly label: string | null;
  readonly name: string;
  readonly startSeq: number;
  readonly createdAt: number;
  readonly retiredAt: number | null;
  readonly passNo: number;
  readonly leaseHolder: string | null;
  readonly circuitFailures: number;
  readonly circuitOpenUntil: number | null;
  readonly resumeAt: number | null;
  readonly blockedReason: DrainBlockedReason | null;
  readonly blockedMessage: string | null;
  readonly resetSignal: string | null;
  readonly lastDrainedAt: number | null;
  readonly readsGzip: number | null;
  readonly deploymentRef: number | null;
  readonly serverInstanceId: string | null;
  readonly deploymentId: string | null;
  readonly environmentName: string | null;
  readonly gitSha: string | null;
}

/** As callers know it: the address without the values of its query. */
export function toRecord(row: TargetRow): TargetRecord {
  const {
    deploymentRef: _ref,
    serverInstanceId: _instance,
    deploymentId: _deployment,
    environmentName: _environment,
    gitSha: _sha,
    ...rest
  } = row;
  return {
    ...rest,
    canonicalUrl: shownAddress(row.canonicalUrl),
    readsGzip: row.readsGzip === null ? null : row.readsGzip === 1,
    rawEndpoint: new Address(row.rawEndpoint),
    settings: JSON.parse(row.settings) as TargetSettings,
    deployment: deploymentOf(row),
    resetSignal:
      row.resetSignal === null ? null : (JSON.parse(row.resetSignal) as ResetSignalRecord),
  };
}

/** What the server told of itself; null when nothing is known. */
export function deploymentOf(row: TargetRow): DeploymentMetadata | null {
  if (row.deploymentRef === null) return null;
  return {
    ...(row.serverInstanceId === null ? {} : { serverInstanceId: row.serverInstanceId }),
    ...(row.deploymentId === null ? {} : { deploymentId: row.deploymentId }),
    ...(row.environmentName === null ? {} : { environmentName: row.environmentName }),
    ...(row.gitSha === null ? {} : { gitSha: row.gitSha }),
  };
}
