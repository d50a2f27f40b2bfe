import type { ArchivesInForce } from '../retention/archives-in-force.js';
import type { TargetRecord } from '../targets/registry.js';
import type { Finding, Remedy } from './finding.js';
import type { RunningDrain } from './running-drain.js';
import type { StatusSections } from './sections.js';
import type { ProcessFields, StatusFields } from './status-document.js';

/** The document before the verdict, and what it cannot hold: everything that findings are made of. */
export type Facts = ProcessFields &
  StatusSections &
  Pick<StatusFields, 'jobs'> & {
    /** Findings of what another program left in the home, and of homes that send to this one. */
    readonly beside: readonly Finding[];
    /** Every known target, by id. */
    readonly targets: ReadonlyMap<number, TargetRecord>;
    /** What each drain that runs now is doing. */
    readonly drains: ReadonlyMap<number, RunningDrain>;
    readonly archives: ArchivesInForce;
    /** `now` may send to the active target, as far as this machine can tell. */
    readonly mayLeave: boolean;
    /** The mode and the configuration let `now --target` send to any other one. */
    readonly mayLeaveToNamed: boolean;
    readonly spoolDir: string;
    /** What ends a missing or refused secret of a target. */
    signIn(target: TargetRecord): Remedy;
    /** Epoch milliseconds. */
    readonly now: number;
  };

/** What people call a target. */
export const nameOf = ({ targets }: Pick<Facts, 'targets'>, id: number): string =>
  targets.get(id)?.name ?? `target ${id}`;
