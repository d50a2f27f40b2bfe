import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '../files/durable-file.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../files/plain-file.js';
import type { HomePaths } from './home.js';

type Place = Pick<HomePaths, 'home' | 'state'>;

const fileOf = ({ state }: Place): string => join(state, 'home-id');

/**
 * What a home is known by at receivers: twelve characters that say nothing else of this machine.
 * Once it is kept in the home it moves with it; until then it follows from machine and path.
 */
export function homeIdOf(place: Place): string {
  return keptIn(place) ?? fromPlace(place);
}

/** The same, kept from now on. A home that cannot be written is known by its place once more. */
export function keepHomeId(place: Place): void {
  if (keptIn(place) !== undefined) return;
  try {
    replaceFile(fileOf(place), `${fromPlace(place)}\n`);
  } catch {
    // A full disk, or a home for reading only: the next drain tries again.
  }
}

function keptIn(place: Place): string | undefined {
  try {
    const text = readPlainFile(fileOf(place), MAX_TEXT_BYTES).toString('latin1').trim();
    return /^[\w-]{1,64}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

const fromPlace = ({ home }: Place): string =>
  createHash('sha256').update(`${hostname()}\n${home}`).digest('hex').slice(0, 12);
