import { safeParse } from 'valibot';
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

function validate(path: string, document: TomlTable): ConfigDocument {
  const checked = safeParse(configSchema, document);
  if (!checked.success) {
    const reason = `${path} is wrong: ${checked.issues.map(issueText).join('; ')}.`;
    return { state: 'unreadable', path, reason };
  }
  const { sync } = document;
  const settings = toSettings(checked.output.sync ?? {});
  return { state: 'ok', path, settings, raw: isTable(sync) ? sync : {} };
}
