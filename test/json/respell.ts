/**
 * The same JSON value in another spelling: keys in another order, whitespace
 * anywhere, escapes for any character, other spellings of doubles, and now and
 * then a key that a later one overrides. `next` decides, with numbers below 1000.
 */
export function respelled(value: unknown, next: () => number): string {
  const gap = (): string => [' ', '', '\n\t', ''][next() % 4] as string;
  const spell = (inner: unknown): string => `${gap()}${spelling(inner, spell, next)}${gap()}`;
  return spell(value);
}

function spelling(value: unknown, spell: (inner: unknown) => string, next: () => number): string {
  if (typeof value === 'string') return escaped(value, next);
  if (typeof value === 'number') return numberText(value, next);
  if (Array.isArray(value)) return `[${value.map(spell).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = shuffled(Object.entries(value), next).flatMap(([key, inner]) => {
    const member = (text: string): string => ` ${escaped(key, next)} :${text}`;
    const overridden = next() % 5 === 0 ? [member(spell(next()))] : [];
    return [...overridden, member(spell(inner))];
  });
  return `{${members.join(',')}}`;
}

function escaped(text: string, next: () => number): string {
  const units = Array.from(text, (character) => {
    if (next() % 3 !== 0) return JSON.stringify(character).slice(1, -1);
    return Array.from({ length: character.length }, (_, index) => unit(character, index, next));
  });
  return `"${units.flat().join('')}"`;
}

function unit(character: string, index: number, next: () => number): string {
  const hex = character.charCodeAt(index).toString(16).padStart(4, '0');
  return `\\u${next() % 2 === 0 ? hex : hex.toUpperCase()}`;
}

/** Integers have one spelling, apart from `-0`; doubles have many. */
function numberText(value: number, next: () => number): string {
  const text = JSON.stringify(value);
  if (!/[.e]/.test(text)) return text === '0' && next() % 2 === 0 ? '-0' : text;
  const zeros = '0'.repeat(next() % 3);
  return next() % 2 === 0
    ? value.toExponential().replace('e', `${zeroTail(value)}${zeros}E`)
    : text;
}

function zeroTail(value: number): string {
  return value.toExponential().includes('.') ? '' : '.0';
}

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const ranked = items.map((item) => ({ item, rank: next() }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}
