import stringWidth from 'fast-string-width';

/** Characters that take one column each: ASCII, Latin letters, and the marks of our own texts. */
const SIMPLE = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u2193]*$/;
/** Colours take no column. */
const COLORS = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

let graphemes: Intl.Segmenter | undefined;

/** Columns of a terminal that a text takes: none for colours and combining marks, two for 漢. */
export function widthOf(text: string): number {
  const bare = text.includes('\u001b') ? text.replaceAll(COLORS, '') : text;
  return SIMPLE.test(bare) ? bare.length : stringWidth(bare);
}

/** What a reader takes for one character each: nothing may be cut within one. */
function characters(text: string): string[] {
  if (SIMPLE.test(text)) return [...text];
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(graphemes.segment(text), (one) => one.segment);
}

/** How many of the parts, from the first on, fit into so many columns. */
function fitting(parts: readonly string[], columns: number): number {
  let used = 0;
  const first = parts.findIndex((part) => {
    used += widthOf(part);
    return used > columns;
  });
  return first < 0 ? parts.length : first;
}

const DOTS = '…';

/** A text without colours in at most so many columns; what was cut off its end shows as `…`. */
export function cutEnd(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const parts = characters(text);
  return `${parts.slice(0, fitting(parts, columns - 1)).join('')}${DOTS}`;
}

/** The same, cut in the middle: ids and paths differ at both ends. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const parts = characters(text);
  const behind = Math.floor((columns - 1) / 2);
  const tail = fitting(parts.toReversed(), behind);
  const head = fitting(parts, columns - 1 - behind);
  return [...parts.slice(0, head), DOTS, ...parts.slice(parts.length - tail)].join('');
}

/** Lines of at most so many columns, broken between words, or within one that is wider. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ').flatMap((one) => pieces(one, columns))) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (widthOf(longer) <= columns) current = longer;
    else {
      if (current !== '') lines.push(current);
      current = word;
    }
  }
  return [...lines, current];
}

/** A word as it is, or in pieces that fit. */
function pieces(word: string, columns: number): string[] {
  if (widthOf(word) <= columns) return [word];
  const found: string[] = [];
  for (let rest = characters(word); rest.length > 0; ) {
    const head = Math.max(1, fitting(rest, columns));
    found.push(rest.slice(0, head).join(''));
    rest = rest.slice(head);
  }
  return found;
}

/** A text that fills so many columns. */
export function padded(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return align === 'left' ? `${text}${blanks}` : `${blanks}${text}`;
}
