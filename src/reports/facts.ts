import type { ArchivesInForce } from '../retention/archives-in-force.js';
import type { RunningDrain } from '../sqlite/reports/running-drain.js';
import type { TargetRecord } from '../targets/registry.js';
import type { Remedy } from './finding.js';
import type { JobsSection } from './jobs-section.js';
import type { UnreadableSection } from './or-unreadable.js';
import type { OlderFields, StatusDocument, StatusSections } from './status-document.js';

/** The document before the verdict, and what it cannot hold: everything that findings are made of. */
export type Facts = OlderFields &
  StatusSections &
  Pick<StatusDocument, 'target_authority' | 'body_upload_compatibility'> & {
    readonly jobs: JobsSection | UnreadableSection;
    /** Every known target, by id. */
    readonly targets: ReadonlyMap<number, TargetRecord>;
    /** What each drain that runs now is doing. */
    readonly drains: ReadonlyMap<number, RunningDrain>;
    readonly archives: ArchivesInForce;
    /** `now` may send to the active target, as far as this machine can tell. */
    readonly mayLeave: boolean;
    /** The mode and the configuration let `now --target` send to any other one. */
    readonly mayLeaveToNamed: boolean;
    readonly waitingInScope: number;
    readonly waitingElsewhere: number;
    readonly spoolDir: string;
    /** What ends a missing or refused secret of a target. */
    signIn(target: TargetRecord): Remedy;
    /** Epoch milliseconds. */
    readonly now: number;
  };
