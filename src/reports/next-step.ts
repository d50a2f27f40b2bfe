import { type Finding, remedyOf } from './finding.js';
import type { StatusFields } from './status-document.js';

/** What comes next: something to do, a drain to wait for, or nothing. */
export type NextStep =
  | { readonly kind: 'do' | 'wait'; readonly finding: Finding }
  | { readonly kind: 'nothing' };

type Judged = Pick<StatusFields, 'findings' | 'delivery_targets'>;

/**
 * The remedy of the first finding that has one; while the current target is
 * drained and no problem needs a command, to wait for that.
 */
export function nextStep({ findings, delivery_targets }: Judged): NextStep {
  const draining = drainingHere(findings, delivery_targets);
  const next = findings.find((finding) => remedyOf(finding) !== null);
  if (draining !== undefined && next?.status !== 'problem')
    return { kind: 'wait', finding: draining };
  return next === undefined ? { kind: 'nothing' } : { kind: 'do', finding: next };
}

/** The running drain of the current target. */
function drainingHere(
  findings: readonly Finding[],
  targets: Judged['delivery_targets'],
): Finding | undefined {
  if ('error' in targets) return undefined;
  const { target_id: id } = targets.current;
  return findings.find(({ check, target_id }) => check === 'draining' && target_id === id);
}
