import type { UnreadableSection } from './status-document.js';

/** What one section needs beside the journal must not take the other sections with it. */
export function orUnreadable<T>(read: () => T): T | UnreadableSection {
  try {
    return read();
  } catch (error) {
    return { error: (error as Error).message };
  }
}
