/** A value redrain writes into a TOML file. */
export type TomlValue = string | number | boolean | readonly string[];

/** The TOML spelling of a value, on one line. Lone surrogates are refused: TOML is UTF-8. */
export function spellValue(value: TomlValue): string {
  if (typeof value === 'string') return spellString(value);
  if (typeof value === 'object') return `[${value.map(spellString).join(', ')}]`;
  return String(value);
}

/** A dotted key, quoted where TOML needs it. */
export const spellKey = (path: readonly string[]): string =>
  path.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : spellString(part))).join('.');

/** JSON escapes are TOML escapes; only DEL is left bare by JSON and barred by TOML. */
function spellString(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('text is not valid Unicode');
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F');
}
