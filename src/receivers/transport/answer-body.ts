/** A body stopped coming before it was whole. */
export class StalledBodyError extends Error {
  override readonly name = 'StalledBodyError';
}

/** Puts the pieces of a body together, as they come. */
export class BodyPieces {
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when it is too much: the piece is not kept. */
  add(piece: Buffer): boolean {
    this.#length += piece.length;
    if (this.#length > this.#maxBytes) return false;
    this.#pieces.push(piece);
    return true;
  }

  joined(): Buffer {
    const [only = NOTHING, ...more] = this.#pieces;
    return more.length === 0 ? only : Buffer.concat(this.#pieces, this.#length);
  }
}

const NOTHING = Buffer.alloc(0);
