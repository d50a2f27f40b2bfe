import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A token or header value that must not be seen by accident: printing,
 * interpolating, inspecting or serialising it gives `[secret]`. Only
 * `reveal()` gives the value, which makes every use easy to find.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where the header is built, and keep it nowhere. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
