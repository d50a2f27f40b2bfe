import { readPlainFile } from '../files/plain-file.js';
import { pythonStrip } from './scope.js';

/** What the old program's marker says beside the scope in force; it decides nothing. */
export type ActiveScopeStatus = 'absent' | 'matches' | 'stale_non_authoritative';

const MAX_BYTES = 4096;

/**
 * Compares the marker file with the scope in force. A marker that is missing,
 * empty, unreadable, too long, no UTF-8 or holding NUL is `absent`.
 */
export function activeScopeStatus(markerPath: string, scope: string): ActiveScopeStatus {
  const marker = readMarker(markerPath);
  if (marker === undefined) return 'absent';
  return marker === scope ? 'matches' : 'stale_non_authoritative';
}

function readMarker(path: string): string | undefined {
  try {
    const bytes = readPlainFile(path, MAX_BYTES);
    if (bytes.includes(0)) return undefined;
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return pythonStrip(text) || undefined;
  } catch {
    return undefined;
  }
}
