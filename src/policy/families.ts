import type { DurabilityRule } from './durability.js';

/** A class of event types with one durability rule. */
export interface Family {
  readonly family: string;
  /** `unknown`: nobody ever said, so nothing may be discarded. */
  readonly rule: DurabilityRule | 'unknown';
}

/** What Spec Kitty is known to send; every one of them is bound for a Teamspace. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  mission: [
    'MissionCreated',
    'MissionClosed',
    'FeatureCreated',
    'FeatureCompleted',
    'SpecifyStarted',
    'SpecifyCompleted',
    'PlanStarted',
    'PlanCompleted',
    'TasksStarted',
    'TasksCompleted',
  ],
  work_package: [
    'WPCreated',
    'WPAssigned',
    'WPStatusChanged',
    'HistoryAdded',
    'DependencyResolved',
  ],
  dossier: [
    'MissionDossierArtifactIndexed',
    'MissionDossierArtifactMissing',
    'MissionDossierParityDriftDetected',
    'MissionDossierSnapshotComputed',
  ],
  decision: ['DecisionInputRequested', 'DecisionInputAnswered'],
  telemetry: ['TokenUsageRecorded', 'DiffSummaryRecorded', 'BuildHeartbeat', 'ErrorLogged'],
};

const FAMILY_OF = new Map(
  Object.entries(KNOWN).flatMap(([family, types]) => types.map((type) => [type, family] as const)),
);

/**
 * The family of an event type. The built-in table cannot be overruled: no
 * setting may turn a fact that a team waits for into one that can be dropped.
 * `configured` is `[sync.families]`; such a type is a family of its own.
 */
export function familyOf(
  eventType: string,
  configured: ReadonlyMap<string, DurabilityRule>,
): Family {
  const known = FAMILY_OF.get(eventType);
  if (known !== undefined) return { family: known, rule: 'teamspace_bound' };
  const rule = configured.get(eventType);
  if (rule !== undefined) return { family: eventType, rule };
  return { family: 'unknown', rule: 'unknown' };
}
