import { inspect } from 'node:util';
import type { BaseIssue } from 'valibot';

/** Of thousands of faults of one kind the first few say it all. */
const MOST_FAULTS = 10;

/** What is wrong below `above`, in one line without secrets. */
export function faults(issues: readonly BaseIssue<unknown>[], above: readonly string[]): string {
  const texts = issues.slice(0, MOST_FAULTS).map((issue) => issueText(issue, above));
  const more = issues.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** A key where people paste a secret by mistake; its value is never quoted. */
const SENSITIVE =
  /^((sync|redrain)\.external\.(headers|auth_env|endpoint)|((sync|redrain)\.)?targets\.[^.]+\.(headers|auth_env|secret_env|url|body|item))\b/;

/** Says which key is wrong, how, and what was there, such as `sync.mode must be …, got "X"`. */
export function issueText(issue: BaseIssue<unknown>, above: readonly string[]): string {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => String(key))];
  const complaint = `${path.map(quoted).join('.')} ${issue.message}`;
  const isQuotable = issue.expected !== 'never' && issue.input !== undefined;
  return !isQuotable || SENSITIVE.test(path.map(undotted).join('.'))
    ? complaint
    : `${complaint}, got ${shown(issue.input)}`;
}

const undotted = (part: string): string => part.replaceAll('.', '-');

const quoted = (part: string): string =>
  /^[A-Za-z0-9_-]{1,80}$/.test(part) ? part : JSON.stringify(part.slice(0, 80));

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value.slice(0, 80))
    : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY }).slice(0, 80);
