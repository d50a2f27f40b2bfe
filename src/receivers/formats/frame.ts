import { partsOf } from '../../config/request-frame.js';
import type { OutboundEvent, OutboundShape } from '../../dispatch/ports.js';

type Named = Pick<OutboundShape, 'eventId' | 'eventType' | 'timestamp'>;

/** What stands around each event, as `item` of its target says (docs/receivers.md, "json"). */
export class ItemFrame {
  readonly #before: readonly Part[];
  readonly #after: readonly Part[];

  /** @param template what the configuration has checked, its variables filled in. */
  constructor(template: string) {
    const parts = partsOf(template);
    const at = parts.findIndex((part, i) => i % 2 === 1 && part === 'event');
    this.#before = compiled(parts.slice(0, at));
    this.#after = compiled(parts.slice(at + 1));
  }

  /** The pieces of one event: its bytes, given here, are spliced in unchanged. */
  pieces(event: OutboundEvent, bytes: Buffer): Buffer[] {
    return [...filled(this.#before, event), bytes, ...filled(this.#after, event)];
  }

  /** Bytes beside those of the event. */
  size(event: Named): number {
    return [...filled(this.#before, event), ...filled(this.#after, event)].reduce(
      (sum, { length }) => sum + length,
      0,
    );
  }
}

/** A text that is the same for each event, or which member of the event stands there. */
type Part = Buffer | ((event: Named) => Buffer);

const MEMBERS: Readonly<Record<string, (event: Named) => string | null>> = {
  id: ({ eventId }) => eventId,
  type: ({ eventType }) => eventType,
  time: ({ timestamp }) => timestamp,
};

function compiled(parts: readonly string[]): Part[] {
  // The event itself stands at an odd place, so that on both sides of it texts are at even ones.
  return parts.flatMap((part, i): Part[] => {
    const member = MEMBERS[part];
    if (i % 2 === 1 && member !== undefined)
      return [(event) => Buffer.from(JSON.stringify(member(event)))];
    return part === '' ? [] : [Buffer.from(part)];
  });
}

const filled = (parts: readonly Part[], event: Named): Buffer[] =>
  parts.map((part) => (typeof part === 'function' ? part(event) : part));
