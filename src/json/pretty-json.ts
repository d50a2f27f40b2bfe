const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** Deeper than this nobody reads, and the blanks of a deep text would be its depth squared. */
const DEEPEST_INDENT = 40;

/**
 * JSON text with line breaks and two spaces of indent. Every token stays as it
 * is spelt: numbers of any length, escapes, keys that occur twice. Undefined
 * for text that is not JSON, and where the blanks would make it longer than `most` characters.
 */
export function prettyJson(text: string, most = Number.POSITIVE_INFINITY): string | undefined {
  if (!isJson(text)) return undefined;
  let out = '';
  for (const piece of pieces(text)) {
    out += piece;
    if (out.length > most) return undefined;
  }
  return out;
}

/** Each token, with what stands before it. */
function* pieces(text: string): Generator<string> {
  let depth = 0;
  let last = '';
  const lineBreak = (): string => `\n${'  '.repeat(Math.min(depth, DEEPEST_INDENT))}`;
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    if (closes ? !opens(last) : opens(last) || last === ',') yield lineBreak();
    yield token === ':' ? ': ' : token;
    if (opens(token)) depth += 1;
    last = token;
  }
}

const opens = (token: string): boolean => token === '{' || token === '[';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
