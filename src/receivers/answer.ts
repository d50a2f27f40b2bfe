/** Response headers by lower-case name; a header sent twice is joined with a comma. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>;

/** A complete HTTP answer, its body already decoded and within bounds. */
export interface CompleteAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
}

/** No usable answer arrived; `failure` says why, for a person, free of headers. */
export interface NoAnswer {
  readonly failure: string;
}

/** What one request brought back, in the only two shapes the mapping knows. */
export type HttpAnswer = CompleteAnswer | NoAnswer;
