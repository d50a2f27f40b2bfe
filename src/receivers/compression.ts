import type { TargetSettings } from '../config/target-settings.js';
import type { HttpAnswer } from './answer.js';

/** How those answer who do not read what is compressed. */
const SUSPECT = new Set([400, 415, 500]);

export interface CompressionGiven {
  /** `auto` when absent. */
  readonly setting?: TargetSettings['compression'];
  /** What `auto` begins with: false to loopback, and where the format is not compressed. */
  readonly pays: boolean;
  /** Whether the target reads gzip, as it was learned before; undefined while it is not known. */
  readonly readsGzip?: boolean | undefined;
  /** Told what is learned, to be remembered. */
  readonly learned?: ((readsGzip: boolean) => Promise<void>) | undefined;
}

/**
 * Whether the requests to one target are compressed. With `auto`, a target that
 * is not known yet gets its first compressed request once more without, when it
 * refuses it as those do who cannot read it.
 */
export class Compression {
  readonly #given: CompressionGiven;
  #readsGzip: boolean | undefined;
  /** A refusal that was not about compression: further ones are not looked into. */
  #wasCleared = false;

  constructor(given: CompressionGiven) {
    this.#given = given;
    this.#readsGzip = given.readsGzip;
  }

  get isOn(): boolean {
    const { setting = 'auto', pays } = this.#given;
    if (setting !== 'auto') return setting === 'gzip';
    return pays && this.#readsGzip !== false;
  }

  /** True when this answer to a compressed request may be about its compression, and a plain one would tell. */
  mayBeRefused(answer: HttpAnswer): boolean {
    const { setting = 'auto' } = this.#given;
    const isOpen = setting === 'auto' && this.#readsGzip === undefined && !this.#wasCleared;
    return isOpen && isSuspect(answer);
  }

  /** Takes note of the answer to a compressed request. */
  async answered(answer: HttpAnswer): Promise<void> {
    if (isSuccess(answer)) await this.#learn(true);
  }

  /** Takes note of the answer to the same request without compression. */
  async answeredPlain(answer: HttpAnswer): Promise<void> {
    // One that is too large when it is not compressed was read as well.
    if (isSuccess(answer) || ('status' in answer && answer.status === 413))
      await this.#learn(false);
    else this.#wasCleared = isSuspect(answer);
  }

  /** What the operator can do about a refusal, where compression was asked for. */
  advice(answer: HttpAnswer): string | undefined {
    if (this.#given.setting !== 'gzip' || this.#readsGzip === true || !isSuspect(answer))
      return undefined;
    return 'The request was compressed: for a receiver that does not inflate, set compression = "none"';
  }

  async #learn(readsGzip: boolean): Promise<void> {
    if (this.#readsGzip === readsGzip) return;
    this.#readsGzip = readsGzip;
    await this.#given.learned?.(readsGzip);
  }
}

const isSuspect = (answer: HttpAnswer): boolean => 'status' in answer && SUSPECT.has(answer.status);

const isSuccess = (answer: HttpAnswer): boolean =>
  'status' in answer && answer.status >= 200 && answer.status <= 299;
