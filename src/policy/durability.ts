/**
 * What may become of an event when nothing is retained: only `local_only` and
 * `discardable` events may be discarded.
 */
export const DURABILITY_RULES = ['teamspace_bound', 'local_only', 'discardable'] as const;
export type DurabilityRule = (typeof DURABILITY_RULES)[number];
