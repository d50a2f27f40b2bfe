/** What the counters say of one class of events. */
interface Totals {
  readonly class: string;
  readonly events: number;
  readonly retained: number;
  readonly bytes: number;
}

/** Classes of events whose bytes are all here, and all gone; of others some may be. */
const ALL_HERE = new Set(['live']);
const ALL_GONE = new Set(['archived', 'purged', 'redacted']);

/**
 * Whether the counters of bytes can be true: no class has more payloads than
 * events or fewer than its kind must have, and bytes only with payloads.
 */
export function classesHold(classes: readonly Totals[]): boolean {
  return classes.every(({ class: name, events, retained, bytes }) => {
    const most = ALL_GONE.has(name) ? 0 : events;
    const least = ALL_HERE.has(name) ? events : 0;
    return retained >= least && retained <= most && bytes > 0 === retained > 0;
  });
}
