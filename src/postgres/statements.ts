/** Values of a statement: in the order of `$1`, `$2`, or by the names of `@name`. */
export type Values = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A statement as the driver takes it; the name keeps it prepared on its connection. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

interface Compiled {
  readonly name: string;
  readonly text: string;
  readonly names: readonly string[];
}

/** A text in quotes holds no parameters. */
const PARAMETERS = /'(?:[^']|'')*'|@([a-z]\w*)/gi;

const known = new Map<string, Compiled>();

/** Numbers the named parameters of a statement; the same name is one parameter. */
export function prepared(sql: string, values: Values = []): Prepared {
  let compiled = known.get(sql);
  if (compiled === undefined) {
    compiled = compile(sql);
    known.set(sql, compiled);
  }
  const { name, text, names } = compiled;
  if (Array.isArray(values)) return { name, text, values: [...values] };
  const named = values as Readonly<Record<string, unknown>>;
  return { name, text, values: names.map((parameter) => named[parameter]) };
}

function compile(sql: string): Compiled {
  const names: string[] = [];
  const text = sql.replaceAll(PARAMETERS, (found, name: string | undefined) => {
    if (name === undefined) return found;
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { name: `redrain-${known.size + 1}`, text, names };
}

/** A statement that can have no parameters, with whole numbers in their place. */
export function withNumbers(
  sql: string,
  values: Readonly<Record<string, number | readonly number[]>>,
): string {
  return sql.replaceAll(PARAMETERS, (found, name: string | undefined) => {
    if (name === undefined) return found;
    const value = values[name];
    const numbers: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!numbers.every(Number.isSafeInteger)) throw new Error(`@${name} is no whole number`);
    return Array.isArray(value) ? `'{${value.join(',')}}'` : String(value);
  });
}
