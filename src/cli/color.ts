import { randomInt } from 'node:crypto';
import pc from 'picocolors';
import { spelled, visible } from '../base/visible.js';

const { NO_COLOR, FORCE_COLOR } = process.env;

/** Colour where somebody watches or asked for it, and NO_COLOR is not set; never because of CI. */
const pens = pc.createColors(!NO_COLOR && (Boolean(FORCE_COLOR) || process.stdout.isTTY === true));

/** Tells our colours from those in an event or a server's words, until the text is written. */
const KEY = randomInt(1_000_000_000, 10_000_000_000);
const OURS = `\u001b\\[${KEY};(\\d+)m`;
/** Newlines and tabs shape our own texts; every other character that hides came with the data. */
const SHAPED = new RegExp(`${OURS}|(?![\\n\\t])[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]`, 'gu');

type Paint = (text: string | number) => string;

/** The same pen with our key in its escapes; a width is measured as if the key were not there. */
function keyed(pen: Paint): Paint {
  const [open = '', close = ''] = pen('|').replaceAll('\u001b[', `\u001b[${KEY};`).split('|');
  return (text) => `${open}${text}${close}`;
}

/** Only what `forTerminal` went over may be written. */
export const color = {
  bold: keyed(pens.bold),
  dim: keyed(pens.dim),
  red: keyed(pens.red),
  green: keyed(pens.green),
  yellow: keyed(pens.yellow),
};

/**
 * A text as a terminal may have it: our colours work, and escapes that came in
 * with an event, a file name or a server's words are spelt out. They could
 * move the cursor, rename the window, or answer for the operator.
 */
export function forTerminal(text: string): string {
  return text.replaceAll(SHAPED, (found, code?: string) =>
    code === undefined ? spelled(found) : `\u001b[${code}m`,
  );
}

/** A name out of the data on one line: a newline in it must not pass for a line of ours. */
export function oneLine(text: string): string {
  return visible(text);
}

/** Captured ids have at most 512 characters; those of old queues, and what servers say, any number. */
const MOST_SHOWN = 600;

/** The same, and not without end: who needs the whole takes `--json`. */
export function shortLine(text: string): string {
  const line = oneLine(text.slice(0, MOST_SHOWN + 1));
  return line.length > MOST_SHOWN
    ? `${line.slice(0, MOST_SHOWN).replace(/[\uD800-\uDBFF]$/, '')}…`
    : line;
}

/** JSON leaves DEL, the C1 controls and format characters bare, and terminals act on some of them. */
export function jsonForTerminal(document: unknown): string {
  return jsonText(JSON.stringify(document, null, 2));
}

/** The same for text that is JSON already: it stays JSON, of the same value. */
export function jsonText(json: string): string {
  return json.replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    found.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
