/** What can be wrong with a target, as `redrain targets test` names it (docs/targets.md). */
export const FINDING_CODES = [
  'not_ready',
  'no_route',
  'proxy',
  'tls',
  'no_answer',
  'redirect',
  'unauthorized',
  'signature',
  'gone',
  'busy',
  'unavailable',
  'refused',
  'login_page',
  'partial_failure',
  'no_results',
  'ids_changed',
  'compression',
  'size_limit',
  'no_deduplication',
  'resend_refused',
  'clock',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  readonly code: FindingCode;
  /** `error`: events do not arrive with these settings. `warning`: they do. */
  readonly severity: 'error' | 'warning';
  /** What was seen and what ends it, as sentences without secrets. */
  readonly message: string;
  /** `KEY=VALUE` for `redrain targets set`; null where no setting ends it. */
  readonly setting: string | null;
}

export const anError = (code: FindingCode, message: string, setting: string | null = null) =>
  ({ code, severity: 'error', message, setting }) as const satisfies Finding;

export const aWarning = (code: FindingCode, message: string, setting: string | null = null) =>
  ({ code, severity: 'warning', message, setting }) as const satisfies Finding;
