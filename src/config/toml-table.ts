/** A TOML table as the parser gives it. */
export type TomlTable = Readonly<Record<string, unknown>>;

/** True for a TOML table, and for no array, date or bare value. */
export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
