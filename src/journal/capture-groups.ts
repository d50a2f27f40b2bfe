import type { CaptureInput } from './capture.js';
import type { GroupLimits } from './group-commit.js';

/**
 * Most of one group of captures: one transaction and one fsync, and no more
 * work than an event loop can be held for.
 */
export const CAPTURE_GROUP: GroupLimits<CaptureInput> = {
  maxItems: 1_000,
  maxBytes: 1024 * 1024,
  sizeOf: ({ bytes }) => bytes.length,
};
