import type { AuthoritySection } from './authority-report.js';
import type { OldQueueFields } from './legacy/old-queues.js';

/** What `status` shows for users of Spec Kitty alone: its server and login, and its old queues (docs/status.md). */
export interface SpecKittyFields extends OldQueueFields {
  readonly target_authority: AuthoritySection;
}
