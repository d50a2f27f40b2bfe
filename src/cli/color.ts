import { randomInt } from 'node:crypto';
import pc from 'picocolors';

const { NO_COLOR, FORCE_COLOR } = process.env;

/** Colour where somebody watches or asked for it, and NO_COLOR is not set; never because of CI. */
const pens = pc.createColors(!NO_COLOR && (Boolean(FORCE_COLOR) || process.stdout.isTTY === true));

/** Tells our colours from those in an event or a server's words, until the text is written. */
const KEY = randomInt(1_000_000_000, 10_000_000_000);
const OURS = `\u001b\\[${KEY};(\\d+)m`;
/** Newlines and tabs shape our own texts; every other control character came with the data. */
const SHAPED = new RegExp(`${OURS}|[^\\P{Cc}\\n\\t]`, 'gu');

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
    code === undefined ? spelt(found) : `\u001b[${code}m`,
  );
}

/** A name out of the data on one line: a newline in it must not pass for a line of ours. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, spelt);
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

/** JSON leaves DEL and the C1 controls bare, and terminals act on some of them. */
export function jsonForTerminal(document: unknown): string {
  return JSON.stringify(document, null, 2).replaceAll(/[\u007f-\u009f]/g, spelt);
}

/** As JSON and JavaScript spell it. */
function spelt(character: string): string {
  const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  return named ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
