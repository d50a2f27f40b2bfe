import { createHash } from 'node:crypto';
import { canonicalBytes } from '../../json/canonical.js';
import { describeKind } from './fields.js';

const LONGEST_SHOWN = 200;

/**
 * The project that an envelope names. Absent, null and blank name none. A value
 * that is not a string is a project nobody knows: it gets a name that shows what it
 * is, so that it is counted and held as every unknown project, and is never
 * taken for an event without one. `text` gives the value as it stands in the input.
 */
export function projectOf(value: unknown, text: () => string | undefined): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  const kind = describeKind(value).replace(/^an? /, '');
  return `(${kind}) ${nameOf(text() ?? '')}`;
}

function nameOf(text: string): string {
  const canonical = canonicalBytes(Buffer.from(text))?.toString('utf8') ?? text;
  return canonical.length <= LONGEST_SHOWN
    ? canonical
    : createHash('sha256').update(canonical).digest('hex');
}
