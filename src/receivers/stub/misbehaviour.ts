/**
 * How a stub is told to misbehave. Everything is decided once per POST, in this
 * order: `reset`, `status`, `failRate`, `rejectTypes`. The first three leave
 * nothing stored (but see `resetAfterStore`, and a `status` of 2xx).
 */
export interface Misbehaviour {
  /** Probability (0 to 1) of answering 503. */
  readonly failRate?: number;
  /** Wait so long before each answer; what is stored is stored before the wait. */
  readonly latencyMs?: number;
  /** Answer every POST with this. A 2xx stores and carries results as usual. */
  readonly status?: number;
  /** Events of these types are rejected, each for itself; the others are stored. */
  readonly rejectTypes?: readonly string[];
  /** Probability (0 to 1) of dropping the connection once the body has been read. */
  readonly reset?: number;
  /** Store the events of a POST before its connection is dropped. */
  readonly resetAfterStore?: boolean;
  /** Makes the probabilities above repeat exactly. */
  readonly seed?: number;
}

/** What is to happen to one POST. */
export type Conduct =
  | { readonly kind: 'serve'; readonly status: number }
  | { readonly kind: 'fail'; readonly status: number }
  | { readonly kind: 'reset'; readonly store: boolean };

/** Decides for one POST after another. */
export function conductOf(misbehaviour: Misbehaviour): () => Conduct {
  const { reset = 0, failRate = 0, status, seed } = misbehaviour;
  const random = seed === undefined ? Math.random : seededRandom(seed);
  return () => {
    const [resetDraw, failDraw] = [random(), random()];
    if (resetDraw < reset) return { kind: 'reset', store: misbehaviour.resetAfterStore === true };
    if (status !== undefined) return { kind: isSuccess(status) ? 'serve' : 'fail', status };
    if (failDraw < failRate) return { kind: 'fail', status: 503 };
    return { kind: 'serve', status: 200 };
  };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** Numbers in [0, 1) that a seed repeats exactly (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
