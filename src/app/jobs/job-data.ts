import * as v from 'valibot';
import { UnrecoverableError } from '../../queue/errors.js';

/** What the jobs of each queue carry. Unknown fields are refused: they would be ignored silently. */
export const CAPTURE_DATA = v.strictObject({
  /** Envelopes, each the exact text of one. */
  events: v.optional(v.array(v.string()), []),
  /** Absolute paths of files of events. */
  files: v.optional(v.array(v.string()), []),
  checkout: v.optional(v.nullable(v.string()), null),
  auditDiscard: v.optional(v.boolean(), false),
  rules: v.optional(
    v.strictObject({
      type: v.optional(v.string()),
      idField: v.optional(v.string()),
      typeField: v.optional(v.string()),
      timeField: v.optional(v.string()),
    }),
    {},
  ),
});
export type CaptureData = v.InferOutput<typeof CAPTURE_DATA>;

export const DISPATCH_DATA = v.strictObject({
  /** Else the target that is active when the job runs. */
  targetId: v.optional(v.pipe(v.number(), v.integer())),
  /** The same by name, id or address; the job that is added has the id. */
  target: v.optional(v.string()),
});

export const MIGRATE_DATA = v.strictObject({ dryRun: v.optional(v.boolean(), false) });

const KEEP_DAYS = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(36_500)));
/** Without `yes` a job only reports what it would do. */
export const GC_DATA = v.strictObject({
  yes: v.optional(v.boolean(), false),
  keepDays: KEEP_DAYS,
  vacuum: v.optional(v.boolean(), false),
});
export const ARCHIVE_DATA = v.strictObject({
  yes: v.optional(v.boolean(), false),
  keepDays: KEEP_DAYS,
  includeUndelivered: v.optional(v.boolean(), false),
});

/** The data of a job, checked. @throws UnrecoverableError: trying again would find the same. */
export function readData<S extends v.GenericSchema>(schema: S, data: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, data ?? {});
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? 'data';
  throw new UnrecoverableError(`the job cannot be understood: ${path}: ${issue.message}`);
}
