/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  internal: 1,
  checkFailed: 2,
  badInput: 3,
  splitBrain: 4,
  conflict: 5,
  blocked: 6,
  failures: 7,
  discardRefused: 8,
  lost: 9,
  usage: 64,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a script must hear of first, when several hold. */
const PRECEDENCE: readonly ExitCode[] = [
  EXIT.lost,
  EXIT.internal,
  EXIT.splitBrain,
  EXIT.conflict,
  EXIT.discardRefused,
  EXIT.badInput,
  EXIT.usage,
  EXIT.blocked,
  EXIT.failures,
];

/** The one code for everything that holds; 0 when nothing does. */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.done;
}
