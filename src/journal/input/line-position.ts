import { isJsonSpace, NEWLINE } from '../../json/ascii.js';

/** Where reading is: the line, and how far that line is indented. Advances in pieces of any size. */
export class LinePosition {
  private inIndent = true;

  constructor(
    /** 1-based. */
    public line = 1,
    /** Whitespace bytes before the first other byte of the line. */
    public indent = 0,
  ) {}

  advance(bytes: Buffer, from: number, to: number): void {
    // A view of its own, so that the search cannot run on into bytes that come later.
    const piece = bytes.subarray(from, to);
    let at = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, at)) {
      this.line += 1;
      at = end + 1;
    }
    if (at > 0) {
      this.indent = 0;
      this.inIndent = true;
    }
    if (this.inIndent) this.countIndent(piece, at);
  }

  private countIndent(piece: Buffer, from: number): void {
    let at = from;
    while (at < piece.length && isJsonSpace(piece[at])) at += 1;
    this.indent += at - from;
    if (at < piece.length) this.inIndent = false;
  }
}
