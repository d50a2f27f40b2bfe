import { type BaseIssue, safeParse } from 'valibot';
import type { ConfigDocument } from './config-document.js';
import { issueText } from './issue-text.js';
import { configSchema } from './schema.js';
import { toSettings } from './to-settings.js';
import { BrokenTomlError, decodeToml, parseToml } from './toml.js';
import { isTable, type TomlTable } from './toml-table.js';

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
