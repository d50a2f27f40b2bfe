/** What a worker is for; `/readyz` of one is not ready while a finding stops its work. */
export type Work = 'capture' | 'dispatch' | 'migrate' | 'gc';

/**
 * How much a finding weighs. `problem`: something an operator must act on;
 * `status --check` and `doctor` fail. `warning`: worth a look, fails nothing.
 * `notice`: as it should be, and worth knowing: a backlog, a hold, a drain that runs.
 */
export type Weight = 'problem' | 'warning' | 'notice';

/** One thing that is not as if nothing had to be done, and what ends it. */
export interface Finding {
  /** What was looked at: one word for each kind of finding (docs/status.md). */
  readonly check: string;
  readonly status: Weight;
  readonly message: string;
  /** The command that ends it, ready to run but for capital words; null where no one command does. */
  readonly command: string | null;
  /** What ends it where no one command does; null where only time helps. */
  readonly advice: string | null;
  /** Events, jobs, files: whatever the message counts; null where it counts nothing. */
  readonly count: number | null;
  /** The target it is about; null for the home as a whole. */
  readonly target_id: number | null;
  /** The queue it is about. */
  readonly queue: string | null;
  /** Whose work it stops. */
  readonly stops: readonly Work[];
}

/** What ends a finding: a command, or words. */
export type Remedy = string | { readonly advice: string } | null;

type More = Partial<Pick<Finding, 'count' | 'target_id' | 'queue' | 'stops'>>;

const finding =
  (status: Weight) =>
  (check: string, message: string, remedy: Remedy, more: More = {}): Finding => ({
    check,
    status,
    message,
    command: typeof remedy === 'string' ? remedy : null,
    advice: remedy !== null && typeof remedy === 'object' ? remedy.advice : null,
    count: null,
    target_id: null,
    queue: null,
    stops: [],
    ...more,
  });

export const problem = finding('problem');
export const warning = finding('warning');
export const notice = finding('notice');

const WEIGHTS: readonly Weight[] = ['problem', 'warning', 'notice'];

/** Most pressing first; among equals the order of the checks. */
export const byWeight = (findings: readonly Finding[]): Finding[] =>
  WEIGHTS.flatMap((weight) => findings.filter(({ status }) => status === weight));

/** What ends it, as one text. */
export const remedyOf = ({ command, advice }: Finding): string | null => command ?? advice;
