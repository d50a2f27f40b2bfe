import type { Secret } from '../../config/secret.js';
import { type Redactor, redactorFor } from '../../receivers/redact.js';

/** A late answer may still echo a token that has been replaced since. */
const REMEMBERED = 8;

/** The tokens a receiver has used, so that none of them gets out of an answer. */
export class KnownTokens {
  #tokens: readonly Secret[] = [];
  readonly #others: readonly string[];
  #redact: Redactor;

  /** `others` are hidden as well: keys in the address of the server. */
  constructor(others: readonly string[]) {
    this.#others = others;
    this.#redact = redactorFor(others);
  }

  add(token: Secret): void {
    if (this.#tokens.some((known) => known.reveal() === token.reveal())) return;
    this.#tokens = [...this.#tokens, token].slice(-REMEMBERED);
    this.#redact = redactorFor([...this.#tokens.map((known) => known.reveal()), ...this.#others]);
  }

  get redact(): Redactor {
    return this.#redact;
  }
}
