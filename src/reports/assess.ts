import type { Facts } from './facts.js';
import { byWeight, type Finding } from './finding.js';
import { backlogFindings } from './findings/backlog.js';
import { deliveryFindings } from './findings/deliveries.js';
import { homeFindings } from './findings/home.js';
import { jobFindings } from './findings/jobs.js';

/**
 * Everything that is not as if nothing had to be done, most pressing first.
 * `status`, `status --check`, `doctor`, `/readyz` and the next step are all
 * made of this one list, so that none of them can say what another denies.
 * `around` are findings about the home, its configuration and its login.
 */
export function assess(facts: Facts, around: readonly Finding[]): Finding[] {
  return byWeight([
    ...around,
    ...homeFindings(facts),
    ...facts.beside,
    ...backlogFindings(facts),
    ...deliveryFindings(facts),
    ...jobFindings(facts),
  ]);
}

/** Whether `status --check` and `doctor` hold. */
export const holds = (findings: readonly Finding[]): boolean =>
  findings.every(({ status }) => status !== 'problem');
