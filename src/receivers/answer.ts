/** Response headers by lower-case name; a header sent twice is joined with a comma. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>;

/** Status line and headers of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: AnswerHeaders;
}

/** A complete HTTP answer, its body already decoded and within bounds. */
export interface CompleteAnswer extends AnswerHead, RequestsMade {
  readonly body: Buffer;
}

/** Where a request failed, for programs; `answer`: something arrived that cannot be used. */
export type FailureKind = 'address' | 'route' | 'proxy' | 'tls' | 'time' | 'cut' | 'answer';

/** No usable answer arrived; `failure` says why, for a person, free of headers. */
export interface NoAnswer extends RequestsMade {
  readonly failure: string;
  readonly kind?: FailureKind;
  /** What did arrive when only the body is unusable: cut, too large, wrongly encoded, stalled. */
  readonly head?: AnswerHead;
}

/** How often the request was sent when that was not once: a kept connection may be stale. */
export interface RequestsMade {
  readonly requests?: number;
}

/** What one request brought back, in the only two shapes the mapping knows. */
export type HttpAnswer = CompleteAnswer | NoAnswer;
