import { inspect } from 'node:util';
import { type BaseIssue, safeParse } from 'valibot';
import type { ConfigDocument } from './document.js';
import { configSchema } from './schema.js';
import { toSettings } from './to-settings.js';
import { BrokenTomlError, decodeToml, isTable, parseToml, type TomlTable } from './toml.js';

/** Understands the bytes of a config.toml. Never throws for anything they can hold. */
export function parseConfig(path: string, bytes: Uint8Array): ConfigDocument {
  try {
    return validate(path, parseToml(decodeToml(bytes)));
  } catch (error) {
    if (!(error instanceof BrokenTomlError)) throw error;
    return { state: 'unreadable', path, reason: `${path} is broken: ${error.message}.` };
  }
}

/** Of thousands of faults of one kind the first few say it all. */
const MOST_FAULTS = 10;

function faults(issues: readonly BaseIssue<unknown>[]): string {
  const texts = issues.slice(0, MOST_FAULTS).map(issueText);
  const more = issues.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function validate(path: string, document: TomlTable): ConfigDocument {
  const checked = safeParse(configSchema, document);
  if (!checked.success) {
    return { state: 'unreadable', path, reason: `${path} is wrong: ${faults(checked.issues)}.` };
  }
  const { sync } = document;
  const settings = toSettings(checked.output.sync ?? {});
  return { state: 'ok', path, settings, raw: isTable(sync) ? sync : {} };
}

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
