/** What the counters of a journal say, as far as a suggestion needs them. */
export interface GcFacts {
  /** Events whose bytes are here, and how many bytes. */
  readonly retained: number;
  readonly bytes: number;
  /** Events that are live. */
  readonly live: number;
  readonly targets: readonly {
    readonly retired: boolean;
    /** Live events it has. */
    readonly delivered: number;
    /** Live events it never gets, by its own settings. */
    readonly excluded: number;
    /** Whether anything is to be sent there again. */
    readonly owes: boolean;
  }[];
}

/** The `gc_suggestion` of the status document. */
export interface GcSuggestion {
  readonly reason: string;
  readonly retained_event_count: number;
  readonly journal_size_bytes: number;
}

/** Below this nobody needs to hear of it. */
const WORTH_IT_BYTES = 50 * 1024 * 1024;

/**
 * The rule of docs/retention.md: at least 50 MiB, at least one target that was
 * not retired, and nothing retained that any of them still lacks. Events that
 * are never sent (coalesced, replaced) are not lacking anywhere.
 */
export function gcSuggestion(facts: GcFacts): GcSuggestion | null {
  const targets = facts.targets.filter(({ retired }) => !retired);
  const allHaveAll = targets.every(
    ({ delivered, excluded, owes }) => delivered + excluded === facts.live && !owes,
  );
  if (facts.bytes < WORTH_IT_BYTES || targets.length === 0 || !allHaveAll) return null;
  const who = targets.length === 1 ? 'the one known target' : `all ${targets.length} known targets`;
  return {
    reason: `every retained event is delivered to ${who}; \`redrain gc\` shows what would go, \`redrain archive\` keeps a copy`,
    retained_event_count: facts.retained,
    journal_size_bytes: facts.bytes,
  };
}
