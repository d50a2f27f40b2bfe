import type { RawEvent } from './deciding.js';
import { eventTime } from './event-time.js';
import type { FoundField, JsonObject } from './fields.js';
import { numberProblem, textProblem } from './problems.js';

/**
 * Where events of most programs have id, type and time, looked at where the
 * event has no field of redrain's own and nobody named another. What stands
 * there is taken if it can be one, and is never a reason to refuse the event.
 */

type Given = { readonly event: JsonObject; readonly raw: RawEvent };

/** `id`: a text, or a whole number. */
export function usualId({ event, raw }: Given): FoundField | undefined {
  const { id: value } = event;
  if (value === undefined || value === null || raw.doubled('id') !== undefined) return undefined;
  const problem =
    typeof value === 'number'
      ? numberProblem('id', raw.textAt('id') ?? '')
      : textProblem('id', value);
  return problem === undefined ? { field: 'id', value } : undefined;
}

/** `type`: a text. */
export function usualType({ event, raw }: Given): FoundField | undefined {
  const { type: value } = event;
  if (textProblem('type', value) !== undefined || raw.doubled('type') !== undefined)
    return undefined;
  return { field: 'type', value };
}

/** Numbers that would be earlier are durations, or times of day. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);

/** `time`, `created` or `created_at`: the first that is a time. */
export function usualTime({ event, raw }: Given): FoundField | undefined {
  const field = ['time', 'created', 'created_at'].find(
    (name) =>
      event[name] !== undefined &&
      raw.doubled(name) === undefined &&
      (eventTime(event[name]).occurredAt ?? 0) >= EARLIEST_MS,
  );
  return field === undefined ? undefined : { field, value: event[field] };
}
