/** A part of a word: bare, behind a backslash, or in quotes that may still be open. */
const PART = /\\([\s\S]?)|'([^']*)'?|"((?:[^"\\]|\\[\s\S])*)"?|([^\s'"\\]+)/g;
const WORD = new RegExp(`(?:${PART.source})+`, 'g');

/**
 * The words of a command line up to the cursor, as a shell would read them:
 * quotes and backslashes taken away, nothing expanded. A blank at the end
 * begins another word.
 */
export function splitLine(line: string): string[] {
  const found = [...line.matchAll(WORD)];
  const words = found.map(([word]) => word.replaceAll(PART, unquoted));
  const last = found.at(-1);
  const isOpen = last !== undefined && last.index + last[0].length === line.length;
  return isOpen ? words : [...words, ''];
}

const unquoted = (_: string, escaped?: string, single?: string, double?: string, bare?: string) =>
  escaped ?? single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? bare ?? '';
