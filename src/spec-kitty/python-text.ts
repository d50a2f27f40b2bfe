/** What Python's `str.isspace` calls space; JavaScript's `trim` differs at both ends. */
const SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const EDGES = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g');

/** Python's `str.strip()`: also U+001C to U+001F and U+0085, but not U+FEFF. */
export const pythonStrip = (text: string): string => text.replace(EDGES, '');

/**
 * Python's `str.lower()`. JavaScript does the same, special cases included
 * (`İ`, a final `Σ`); compared over every code point against Unicode 14, the
 * two differ only in letters that were encoded later.
 */
export const pythonLower = (text: string): string => text.toLowerCase();
