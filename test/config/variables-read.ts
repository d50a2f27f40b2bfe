/** A value of the environment that is read by a name the source does not spell out. */
export interface ComputedRead {
  readonly file: string;
  readonly expression: string;
}

/** What one TypeScript source reads of the environment. */
export interface VariablesRead {
  readonly names: readonly string[];
  readonly computed: readonly ComputedRead[];
}

const BY_MEMBER = /\benv\??\.([A-Z][A-Z0-9_]*|[a-z]+_[a-z_]+)\b/g;
const BY_DESTRUCTURING = /\{([^{}]*)\}\s*=\s*(?:process\.)?env\b(?!\.)/g;
const BY_INDEX = /\benv(?:\?\.)?\[\s*([^\]]+?)\s*\]/g;
const BY_CALL = /\(\s*env\s*,\s*'(\w+)'/g;

/** Names of variables and computed reads; what a function does with `(env, 'name')` is a read. */
export function variablesRead(file: string, source: string): VariablesRead {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const indexed = [...code.matchAll(BY_INDEX)].map(([, expression]) => expression ?? '');
  const known = indexed.map((expression) => literalOf(expression, code));
  const names = [
    ...[...code.matchAll(BY_MEMBER)].map(([, name]) => name ?? ''),
    ...[...code.matchAll(BY_DESTRUCTURING)].flatMap(([, list]) => boundNames(list ?? '')),
    ...[...code.matchAll(BY_CALL)].map(([, name]) => name ?? ''),
    ...known.filter((name) => name !== undefined),
  ];
  const computed = indexed
    .filter((_, i) => known[i] === undefined)
    .map((expression) => ({ file, expression }));
  return { names: names.map((name) => name.toUpperCase()), computed };
}

/** The text of `'NAME'`, or of a constant of the same file that holds one. */
function literalOf(expression: string, code: string): string | undefined {
  const text = /^'(\w+)'$/.exec(expression)?.[1];
  if (text !== undefined) return text;
  return new RegExp(`\\bconst ${escaped(expression)} = '(\\w+)'`).exec(code)?.[1];
}

/** `A, b: c, D = ''` binds A, b and D. */
const boundNames = (list: string): string[] =>
  list.split(',').flatMap((part) => /^\s*([A-Za-z]\w*)/.exec(part)?.[1] ?? []);

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
