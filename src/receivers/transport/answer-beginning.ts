import type { Socket } from 'node:net';

/** Of one head; undici bounds the others by as much. */
const MOST_BYTES = 16_384;

const END_OF_HEAD = '\r\n\r\n';

/** `HTTP/1.1 103`, and how each beginning of it looks. */
const INTERIM = /^HTTP\/1\.[01] 1(?:0[02-9]|[1-9]\d)/;
const MAY_BECOME_INTERIM = /^(?:|H|HT|HTT|HTTP|HTTP\/|HTTP\/1|HTTP\/1\.|HTTP\/1\.[01] ?1?0?)$/;
const STATUS_LINE = 'HTTP/1.1 103'.length;

/** The protocol ends, and another begins. */
const OTHER_PROTOCOL = /^HTTP\/1\.[01] 101/;
const NEWLINE = 0x0a;

/**
 * Reads the beginning of an answer before undici does. Takes the interim answers (100, 102,
 * 103) out: HTTP lets a server send them unasked, and undici takes an unasked "100 Continue" for a
 * broken server and cuts the connection. Ends what undici would read without a bound, a
 * status line, and what it would call a broken connection, another protocol.
 */
export class AnswerBeginning {
  readonly #socket: Socket;
  #isExpected = false;
  #held: Buffer | undefined;
  /** Bytes of the status line until now; undefined when it has ended. */
  #statusLine: number | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const read = socket.read.bind(socket) as () => Buffer | null;
    socket.read = () => {
      for (;;) {
        const chunk = read();
        if (chunk === null) return null;
        const left = this.#isExpected ? this.#without(chunk) : chunk;
        if (left === undefined) continue;
        if (this.#statusLine !== undefined && !this.#isUsable(left)) return null;
        return left;
      }
    };
  }

  /** To be told when a request begins: an answer to it comes next. */
  expect(): void {
    this.#isExpected = true;
    this.#held = undefined;
    this.#statusLine = 0;
  }

  /** False when the connection was given up. */
  #isUsable(bytes: Buffer): boolean {
    const before = this.#statusLine ?? 0;
    if (before === 0 && OTHER_PROTOCOL.test(bytes.toString('latin1', 0, STATUS_LINE)))
      return this.#giveUp('OTHER_PROTOCOL');
    const end = bytes.indexOf(NEWLINE);
    const size = before + (end < 0 ? bytes.length : end);
    this.#statusLine = end < 0 ? size : undefined;
    return size <= MOST_BYTES || this.#giveUp('HPE_HEADER_OVERFLOW');
  }

  #giveUp(code: string): false {
    this.#socket.destroy(Object.assign(new Error(code), { code }));
    return false;
  }

  /** What is left of these bytes; undefined while that is not known, or where it is nothing. */
  #without(chunk: Buffer): Buffer | undefined {
    let bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    for (let end = endOfInterim(bytes); end !== undefined; end = endOfInterim(bytes)) {
      if (end === 'to come') {
        if (bytes.length > 0) this.#held = bytes;
        return undefined;
      }
      bytes = bytes.subarray(end);
    }
    this.#isExpected = false;
    return bytes;
  }
}

/** Where the interim answer ends that these bytes begin with; undefined when they do not. */
function endOfInterim(bytes: Buffer): number | 'to come' | undefined {
  const start = bytes.toString('latin1', 0, STATUS_LINE);
  if (INTERIM.test(start)) {
    const end = bytes.indexOf(END_OF_HEAD);
    if (end >= 0) return end + END_OF_HEAD.length;
    // One without an end goes to undici, which refuses it.
    return bytes.length > MOST_BYTES ? undefined : 'to come';
  }
  return MAY_BECOME_INTERIM.test(start) ? 'to come' : undefined;
}
