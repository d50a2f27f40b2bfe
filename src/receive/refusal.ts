/** A request that is refused as a whole: the answer to give, with the reason for people. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, reason: string, headers: Readonly<Record<string, string>> = {}) {
    super(reason);
    this.status = status;
    this.headers = headers;
  }
}

export const badRequest = (reason: string): Refusal => new Refusal(400, reason);

/** The words `too large` are what makes a sender divide a request (docs/protocol.md). */
export const tooLarge = (reason: string): Refusal => new Refusal(413, `too large: ${reason}`);
