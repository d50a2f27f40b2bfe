import type { PlainMode } from '../policy/mode.js';
import type { Finding } from './finding.js';
import type { JobsSection } from './jobs-section.js';
import type { UnreadableSection } from './or-unreadable.js';
import type { Foreground, Mismatch, OrphanRecord, OwnerRecord } from './processes.js';
import type { StatusSections } from './sections.js';

/** Who works on the home, and as whom: the oldest fields of the document (docs/status.md). */
export interface ProcessFields {
  /** Whether the mode in force sends to somebody who wants to know who we are. */
  readonly auth_required: boolean;
  readonly auth_present: boolean;
  readonly live_orphan_daemon_count: number;
  readonly foreground: Foreground;
  readonly daemon_owner_record: OwnerRecord | null;
  readonly mismatches: readonly Mismatch[];
  readonly orphan_records: readonly OrphanRecord[];
}

/** What every status document has. */
export interface StatusFields extends ProcessFields, StatusSections {
  readonly ok: boolean;
  /** What `--check` ends with. */
  readonly exit_code: 0 | 2;
  /** Whether events are kept, and who gets them; null while config.toml cannot be used. */
  readonly mode: PlainMode | null;
  /** Queues and workers. */
  readonly jobs: JobsSection | UnreadableSection;
  /** Everything that is not as if nothing had to be done, most pressing first; `ok` is made of it. */
  readonly findings: readonly Finding[];
}

/**
 * The document of `redrain status --json` (docs/status.md). `Beside` are fields
 * of another program that shares the home. Fields are only ever added.
 */
export type DocumentWith<Beside extends object> = StatusFields & Beside;
