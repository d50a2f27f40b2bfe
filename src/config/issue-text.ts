import { inspect } from 'node:util';
import type { BaseIssue } from 'valibot';

/** A key where people paste a secret by mistake; its value is never quoted. */
const SENSITIVE = /^sync\.external\.(headers|auth_env|endpoint)\b/;

/** Says which key is wrong, how, and what was there, such as `sync.mode must be …, got "X"`. */
export function issueText(issue: BaseIssue<unknown>): string {
  const key = (issue.path ?? []).map(({ key: part }) => quoted(String(part))).join('.');
  const complaint = `${key} ${issue.message}`;
  return SENSITIVE.test(key) ? complaint : `${complaint}, got ${shown(issue.input)}`;
}

const quoted = (part: string): string =>
  /^[A-Za-z0-9_-]{1,80}$/.test(part) ? part : JSON.stringify(part.slice(0, 80));

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value.slice(0, 80))
    : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY }).slice(0, 80);
