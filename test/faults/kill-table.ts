import { readFileSync, writeFileSync } from 'node:fs';
import type { Observation, Operation } from './operation.js';

const DOCUMENT = 'docs/reliability.md';

/** Set by `npm run reliability`: what was seen goes into the document instead of being compared with it. */
export const REWRITES = process.env.REDRAIN_WRITE_RELIABILITY === '1';

/** One operation's rows as the document has them. */
export function tableOf({ command }: Operation, seen: readonly Observation[]): string {
  const rows = seen.map(({ step, left, after }) => `| \`${step}\` | ${left} | ${after} |`);
  return [
    `\`${command}\``,
    '',
    '| killed at | on disk then | the same command again |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

/** What the document says of an operation, between its two markers. */
export function documented({ name }: Operation): string | undefined {
  return between(name).exec(readFileSync(DOCUMENT, 'utf8'))?.[1];
}

/** @throws when the document has no place for this operation. */
export function rewriteDocument({ name }: Operation, table: string): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  if (!between(name).test(text)) throw new Error(`${DOCUMENT} has no markers for ${name}`);
  const place = `<!-- kills: ${name} -->\n${table}\n<!-- end -->`;
  writeFileSync(
    DOCUMENT,
    text.replace(between(name), () => place),
  );
}

/** Steps at which the document says that something was killed. */
export function documentedSteps(): Set<string> {
  const rows = readFileSync(DOCUMENT, 'utf8').matchAll(/^\| `([a-z]+\.[a-z-]+)` \|/gm);
  return new Set([...rows].map(([, step]) => step as string));
}

const between = (name: string): RegExp =>
  new RegExp(`<!-- kills: ${name} -->\\n([\\s\\S]*?)\\n<!-- end -->`);
