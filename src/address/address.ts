import { inspect } from 'node:util';
import { shownAddress } from './shown-address.js';

/**
 * An address that is posted to, and that may hold a key. Printing,
 * interpolating, inspecting or serialising it shows no value of its query; only
 * `reveal()` gives the address itself.
 */
export class Address {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The address itself, for a request, for the database, or to compare. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return shownAddress(this.#text);
  }

  toJSON(): string {
    return shownAddress(this.#text);
  }

  [inspect.custom](): string {
    return shownAddress(this.#text);
  }
}
