import type { AppendVerdict, EventSource, NewEvent } from './new-event.js';

/** Where captured events go. One call is one atomic, durable group. */
export interface EventJournal {
  /**
   * Resolves only after the group is on disk; rejects with nothing of it
   * stored. Verdicts are in the order of the events. What events say of the
   * edge that sent them is noted in the same transaction (`EdgeStore`).
   */
  append(events: readonly NewEvent[], source: EventSource): Promise<AppendVerdict[]>;
  /**
   * The same for the events of one spool file, at most once for its name:
   * undefined when another process has taken it in already. `problems` are kept
   * with the name, for people.
   */
  appendSpooled(
    file: string,
    events: readonly NewEvent[],
    problems: readonly string[],
  ): Promise<AppendVerdict[] | undefined>;
  /** Counts events that were discarded without a trace, by family. */
  countDiscarded(families: ReadonlyMap<string, number>): Promise<void>;
}

/** The journal as a whole: append only, so nothing here changes or deletes an event. */
export interface JournalStore extends EventJournal {
  /** The last sequence number; 0 before the first. */
  head(): Promise<number>;
  /** The sequence numbers of every revision of an event id, oldest first; empty when it is unknown. */
  seqsOfEvent(eventId: string): Promise<number[]>;
}
