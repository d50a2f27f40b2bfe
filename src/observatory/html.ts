import { html as tagged } from 'hono/html';
import { visible } from '../base/visible.js';

/** A piece of a page. */
export type Html = ReturnType<typeof tagged>;

/**
 * The one way text gets into a page: what is put into the template is escaped, and what a reader
 * could not see of it is spelled out; pieces that were made by it are not changed again. The value
 * of a field stays as it is: a form sends back what it was given. Nothing in this folder uses `raw`.
 */
export const html = (strings: TemplateStringsArray, ...values: unknown[]): Html =>
  tagged(
    strings,
    ...values.map((value, i) =>
      typeof value === 'string' && !strings[i]?.endsWith(' value="') ? shownText(value) : value,
    ),
  );

/** Line breaks and tabs shape a text; nothing else that cannot be seen does. */
const shownText = (text: string): string => text.replaceAll(/[^\n\t]+/g, (line) => visible(line));

/** Nothing to show. */
export const nothing: Html = html``;

/** The text of a piece. */
export const textOf = async (piece: Html): Promise<string> => String(await piece);
