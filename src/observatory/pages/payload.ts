import { prettyJson } from '../../json/pretty-json.js';
import { type Html, html, nothing } from '../html.js';
import { bytes, counted } from '../words.js';

/** A browser shows so much text without trouble. */
const MOST_SHOWN = 256 * 1024;
/** Characters of it with its blanks; a text that would have more is shown as it is. */
const MOST_PRETTY = 4 * MOST_SHOWN;

const MOST_BESIDE = 64 * 1024;

/** A text that may be long, in a place of its own that the keyboard gets to. */
export const scrolled = (label: string, text: string): Html =>
  html`<pre class="payload" role="region" tabindex="0" aria-label="${label}" dir="auto">${text}</pre>`;

/** Bytes as text, and as nothing but text. */
export function payloadText(payload: Buffer): Html {
  const part = payload.subarray(0, MOST_SHOWN);
  const text = part.toString('utf8');
  const shown =
    (part.length === payload.length ? prettyJson(text, MOST_PRETTY) : undefined) ?? text;
  return html`${scrolled('Payload', shown)}
${part.length === payload.length ? nothing : html`<p class="quiet">The first ${bytes(part.length)} of ${counted(payload.length, 'byte')}.</p>`}`;
}

/** The beginning of a text that stands beside another. */
export const payloadBeside = (label: string, text: string): Html =>
  html`${scrolled(label, text.slice(0, MOST_BESIDE))}
${text.length <= MOST_BESIDE ? nothing : html`<p class="quiet">The first ${counted(MOST_BESIDE, 'character')} of ${counted(text.length, 'character')}.</p>`}`;
