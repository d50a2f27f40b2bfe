/** What one check of `doctor` found. */
export interface Finding {
  readonly check: string;
  /** `warning` is worth knowing and fails nothing; `skipped` could not be asked. */
  readonly status: 'ok' | 'warning' | 'problem' | 'skipped';
  readonly message: string;
  /** What mends it; null where nothing needs mending. */
  readonly command: string | null;
}

export const fine = (check: string, message: string): Finding => ({
  check,
  status: 'ok',
  message,
  command: null,
});

export const warning = (check: string, message: string, command: string | null): Finding => ({
  check,
  status: 'warning',
  message,
  command,
});

export const problem = (check: string, message: string, command: string): Finding => ({
  check,
  status: 'problem',
  message,
  command,
});

export const skipped = (check: string, message: string): Finding => ({
  check,
  status: 'skipped',
  message,
  command: null,
});
