import { type Finding, remedyOf } from '../../reports/finding.js';

/** One line of `doctor`: a finding, or what was looked at and is well. */
export interface Check {
  readonly check: string;
  /** `skipped` could not be asked. Only a `problem` fails. */
  readonly status: Finding['status'] | 'ok' | 'skipped';
  readonly message: string;
  /** What ends it, a command or words; null where nothing has to be done or only time helps. */
  readonly command: string | null;
}

export const fine = (check: string, message: string): Check => ({
  check,
  status: 'ok',
  message,
  command: null,
});

export const skipped = (check: string, message: string): Check => ({
  check,
  status: 'skipped',
  message,
  command: null,
});

/** A finding as a line of `doctor`. */
export const checkOf = (finding: Finding): Check => ({
  check: finding.check,
  status: finding.status,
  message: finding.message,
  command: remedyOf(finding),
});

export const isFinding = (one: Check | Finding): one is Finding => 'stops' in one;
