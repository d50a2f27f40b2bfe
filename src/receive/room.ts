import type { ReceiverLimits } from './limits.js';
import { Refusal } from './refusal.js';

/** Decodings at once: each may hold a whole body before it is known to be too large. */
const DECODINGS = 4;

/**
 * The memory that the bodies of all requests under way share: many clients at
 * once take no more of it than a few.
 */
export class Room {
  readonly #bytes: number;
  #used = 0;
  #decoding = 0;
  readonly #waiting: (() => void)[] = [];

  constructor({ maxBytes, maxBytesAtOnce }: ReceiverLimits) {
    // One request holds its body twice, as sent and as decoded, and must find room.
    this.#bytes = Math.max(maxBytesAtOnce, 2 * maxBytes);
  }

  /** What one request holds of it. */
  share(): Share {
    return new Share(this);
  }

  /** @throws Refusal 503 where there is no room. */
  take(bytes: number): void {
    if (this.#used + bytes > this.#bytes)
      throw new Refusal(503, 'busy: too many bytes of other requests are under way', {
        'retry-after': '1',
        connection: 'close',
      });
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }

  /** Does the work once there are few others of its kind. */
  async decoding<T>(work: () => Promise<T>): Promise<T> {
    if (this.#decoding >= DECODINGS) await new Promise<void>((turn) => this.#waiting.push(turn));
    else this.#decoding += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#decoding -= 1;
      else next();
    }
  }
}

/** What one request holds of the room, until it is answered. */
export class Share {
  readonly room: Room;
  #held = 0;

  constructor(room: Room) {
    this.room = room;
  }

  /** @throws Refusal 503 where there is no room. */
  take(bytes: number): void {
    this.room.take(bytes);
    this.#held += bytes;
  }

  release(): void {
    this.room.release(this.#held);
    this.#held = 0;
  }
}
