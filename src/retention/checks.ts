import { plainMessage } from '../files/trouble.js';
import { type Finding, Findings } from './verification.js';

/** One check by its name; it may come to several findings. */
export interface Check {
  readonly name: string;
  run(): Finding | Finding[] | Promise<Finding | Finding[]>;
}

/** Every check, or those that are named, one after another. */
export async function runChecks(
  checks: readonly Check[],
  only?: readonly string[],
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const check of checks)
    if (only === undefined || only.includes(check.name))
      found.push(...[await guarded(check)].flat());
  return found;
}

/** A check that cannot be made does not hold: what is damaged must not end the others. */
async function guarded(check: Check): Promise<Finding | Finding[]> {
  try {
    return await check.run();
  } catch (error) {
    const findings = new Findings(check.name);
    findings.problem(`could not be checked: ${plainMessage(error)}`);
    return findings.finding;
  }
}
