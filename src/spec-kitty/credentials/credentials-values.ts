import { Secret } from '../../config/secret.js';

/** A usable token, wrapped; undefined for anything a header cannot carry. */
export function secretOf(value: unknown): Secret | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return /^[\x21-\x7e]+$/.test(text) ? new Secret(text) : undefined;
}

export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;

export const flagOf = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;

/**
 * A time as TOML date or ISO text, in milliseconds since 1970. Spec Kitty wrote
 * times without a zone: they are read as UTC, the same on every machine, and a
 * wrong guess costs one refresh. Undefined when there is no usable time.
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && !(value instanceof Date)) return undefined;
  const text = value instanceof Date ? isoText(value) : value.trim();
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const time = Date.parse(hasZone || !text.includes(':') ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** TOML dates print as they were written; an invalid one throws where others print. */
const isoText = (date: Date): string => (Number.isNaN(date.getTime()) ? '' : date.toISOString());
