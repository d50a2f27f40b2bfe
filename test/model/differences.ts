/** What two values of plain data do not have in common, one line for each leaf: `-` is missing, `+` too much. */
export function differences(seen: unknown, expected: unknown): string {
  const left = new Set(leaves(seen, ''));
  const right = new Set(leaves(expected, ''));
  const missing = [...right].filter((line) => !left.has(line)).map((line) => `- ${line}`);
  const more = [...left].filter((line) => !right.has(line)).map((line) => `+ ${line}`);
  return [...missing, ...more].sort((a, b) => a.slice(2).localeCompare(b.slice(2))).join('\n');
}

function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${path} ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, part]) => leaves(part, `${path}.${name}`));
}
