import { plainMessage } from '../files/trouble.js';

/** A section that could not be read: it says so and shows no number it did not count. */
export interface UnreadableSection {
  readonly error: string;
}

/** What one section needs beside the journal must not take the other sections with it. */
export function orUnreadable<T>(read: () => T): T | UnreadableSection {
  try {
    return read();
  } catch (error) {
    return { error: plainMessage(error) };
  }
}
