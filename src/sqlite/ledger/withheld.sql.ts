/**
 * True of an event `v` that its target must not be given, because it has, or may
 * have, an earlier revision. There are few, and they have an index of their
 * own: asking costs next to nothing.
 */
export const isWithheld = (targetId: string): string => `EXISTS (
      SELECT 1 FROM delivery w INDEXED BY ix_delivery_withheld
      WHERE w.target_id = ${targetId} AND w.seq = v.seq AND w.status = 'withheld')`;
