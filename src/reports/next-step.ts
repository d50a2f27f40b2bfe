import { type Finding, remedyOf } from './finding.js';

/** What comes next: something to do, a drain to wait for, or nothing. */
export type NextStep =
  | { readonly kind: 'do' | 'wait'; readonly finding: Finding }
  | { readonly kind: 'nothing' };

/**
 * The remedy of the first finding that has one; while a drain runs and no
 * problem needs a command, to wait for it. `findings` come most pressing first.
 */
export function nextStep(findings: readonly Finding[]): NextStep {
  const draining = findings.find(({ check }) => check === 'draining');
  const next = findings.find((finding) => remedyOf(finding) !== null);
  if (draining !== undefined && next?.status !== 'problem')
    return { kind: 'wait', finding: draining };
  return next === undefined ? { kind: 'nothing' } : { kind: 'do', finding: next };
}
