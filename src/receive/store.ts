import { createHash } from 'node:crypto';
import type { ReceivedEvent } from './received-event.js';

/** What became of one event: its effect ran, or it was known, or the effect threw. */
export type OnceOutcome = 'success' | 'duplicate' | { readonly error: unknown };

/**
 * Runs each effect once. The id is recorded in the transaction of the effect:
 * both are durable, or neither is, whenever the process or the machine stops.
 * `Transaction` is what an effect writes through.
 */
export interface OnceStore<Transaction> {
  /**
   * For each id in turn: runs the effect with its index, unless the id is known.
   * When an effect throws, what it wrote and its id are rolled back, and the other
   * effects stay. Resolves once everything is durable.
   *
   * @throws when nothing is stored: the connection broke, the disk is full.
   */
  once(
    ids: readonly string[],
    effect: (index: number, transaction: Transaction) => unknown,
  ): Promise<readonly OnceOutcome[]>;
}

/** Ids up to this length are stored as they are. */
const MAX_PLAIN = 255;
/** What no store takes in a text, and what it might change. */
const UNSAFE = /[\p{Cc}\p{Cs}]/u;

/**
 * The text by which a store knows an event. A CloudEvent is identified by its
 * source and id together. Ids that are long or hold odd characters go by their
 * digest, so that every store can index them.
 */
export function storedId({ id, source }: ReceivedEvent): string {
  const text = source === undefined ? id : JSON.stringify([source, id]);
  if (text.length <= MAX_PLAIN && !UNSAFE.test(text)) return text;
  return `sha256:${createHash('sha256').update(text, 'utf16le').digest('hex')}`;
}
