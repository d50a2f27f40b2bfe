/** Closed ranges of an edge's numbers, ascending. */
export type NumberRanges = readonly (readonly [first: number, last: number])[];

/** What one request of an edge says of itself. Its numbers are sequence numbers of the edge's journal. */
export interface EdgeRequest {
  /** The home id of the edge. */
  readonly home: string;
  /** Which copy of that home: a copied or restored home has another one. */
  readonly instance: string;
  /** The name of its machine, for people. */
  readonly host: string;
  /** Which of the edge's targets this is: each has its own first attempts. */
  readonly stream: string;
  /** New for each request, and the same where a connection had it sent again. */
  readonly request: string;
  /** The edge's clock when the request left, epoch milliseconds. */
  readonly sentAt: number;
  /** When its newest event was captured, by the same clock; null when it does not say. */
  readonly newestAt: number | null;
  /** The name of the token that it was sent with; null where there are no names. */
  readonly name: string | null;
  /** Our clock, epoch milliseconds. */
  readonly receivedAt: number;
  /** Numbers that may have been sent before: no sign of a restored journal. */
  readonly again: NumberRanges;
  /** Numbers that the edge keeps to itself, up to the highest of this request. */
  readonly excluded: NumberRanges;
}

/** By which way an event came in, where it came from an edge. */
export interface Arrival {
  /** One object for all events of a request. */
  readonly request: EdgeRequest;
  /** The number of the event in the edge's journal. */
  readonly number: number;
}
