/**
 * Which event types a target gets: those that match a pattern, and none that
 * starts with `!`. With exclusions alone, every other type; with no pattern at
 * all, every type. `*` stands for any characters, `?` for one; letter case counts.
 */
export function passesTypes(patterns: readonly string[] | undefined, eventType: string): boolean {
  if (patterns === undefined) return true;
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!'));
  const isWanted = wanted.length === 0 || wanted.some((pattern) => matches(pattern, eventType));
  return isWanted && !unwanted.some((pattern) => matches(pattern.slice(1), eventType));
}

/** Goes back to the last `*` only, so that no pattern takes longer than both lengths multiplied. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[i])) {
      at += 1;
      i += 1;
    } else {
      if (star < 0) return false;
      at = star + 1;
      i = ++resume;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
