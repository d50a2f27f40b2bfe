import { randomInt } from 'node:crypto';
import pc from 'picocolors';
import { spelled, visible } from '../base/visible.js';

const { NO_COLOR, FORCE_COLOR } = process.env;

/** Colour where somebody watches or asked for it, and NO_COLOR is not set; never because of CI. */
const pensFor = ({ isTTY }: { readonly isTTY?: boolean }) =>
  pc.createColors(!NO_COLOR && (Boolean(FORCE_COLOR) || isTTY === true));
const pens = pensFor(process.stdout);
const errorPens = pensFor(process.stderr);

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

/** The same for stderr, which is a terminal of its own. */
export const errorColor = {
  red: keyed(errorPens.red),
  yellow: keyed(errorPens.yellow),
};

/** Letters that are written from right to left. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** `forTerminal` turns it into the left-to-right mark, which takes no column. */
const MARK = `\u001b[${KEY};${0x200e}m`;

/** A cell of a table that leaves the order of the cells beside it alone, whatever its letters. */
export function isolated(cell: string): string {
  return RIGHT_TO_LEFT.test(cell) ? `${MARK}${cell}${MARK}` : cell;
}

/**
 * A text as a terminal may have it: our colours work, and escapes that came in
 * with an event, a file name or a server's words are spelt out. They could
 * move the cursor, rename the window, or answer for the operator.
 */
export function forTerminal(text: string): string {
  return text.replaceAll(SHAPED, (found, code?: string) => {
    if (code === undefined) return spelled(found);
    return Number(code) === 0x200e ? '\u200e' : `\u001b[${code}m`;
  });
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
