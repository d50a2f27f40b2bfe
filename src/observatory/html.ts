import { html as tagged } from 'hono/html';

/** A piece of a page. */
export type Html = ReturnType<typeof tagged>;

/**
 * The one way text gets into a page: what is put into the template is escaped,
 * pieces that were made by it are not escaped again. Nothing in this folder
 * uses `raw`.
 */
export const html = tagged;

/** Nothing to show. */
export const nothing: Html = html``;

/** The text of a piece. */
export const textOf = async (piece: Html): Promise<string> => String(await piece);
