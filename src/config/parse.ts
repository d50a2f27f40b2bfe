import { parse, safeParse } from 'valibot';
import type { ConfigDocument } from './document.js';
import { faults } from './faults.js';
import { configSchema, syncSchema } from './schema.js';
import { mergeTables, tableOf } from './tables.js';
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

function validate(path: string, document: TomlTable): ConfigDocument {
  const wrong = (what: string): ConfigDocument => ({
    state: 'unreadable',
    path,
    reason: `${path} is wrong: ${what}.`,
  });
  const checked = safeParse(configSchema, document);
  if (!checked.success) return wrong(faults(checked.issues, []));
  const { merged, clashes } = mergeTables(document);
  if (clashes.length > 0)
    return wrong(
      `${clashes
        .slice(0, 10)
        .map(({ keys }) => keys)
        .join(', ')} are both set: remove one of the two`,
    );
  // What is right in two tables is right in one.
  const sync = parse(syncSchema, merged);
  const settings = toSettings(sync, (key) => tableOf(document, key));
  const redrain = isTable(document.redrain) ? document.redrain : {};
  return { state: 'ok', path, settings, raw: merged, redrain };
}
