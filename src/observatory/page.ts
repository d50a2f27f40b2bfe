import type { App } from '../app/app.js';
import type { StatusReport } from '../app/status.js';
import { type Html, html } from './html.js';
import { sentence } from './words.js';

/** Values of a query; those that are undefined or empty are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** What a page is made with. */
export interface PageContext {
  readonly app: App;
  /** What stands behind the `?`. */
  readonly query: URLSearchParams;
  /** Epoch milliseconds: the moment that the page shows. */
  readonly now: number;
  readonly allowWrites: boolean;
  /** Milliseconds that a search of a page may take; what is left is a link away. */
  readonly budgetMs: number;
  /** Reads a time as the command line does. @throws an error for people. */
  readonly readTime: (text: string, now: number) => number;
  /** The address of a page of this observatory. */
  link(page: string, query?: Query): string;
  /** The report of `status`, one for all pages that look at the same state of the home. */
  status(): Promise<StatusReport>;
  /** A part that is kept up to date while the page is open. */
  live(part: string, content: Html): Html;
}

/** A page without what is around all of them. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: 200 | 400 | 403 | 404 | 409 | 503;
  /** Has a form that changes something: its browser has to name the origin. */
  readonly hasForm?: boolean;
}

export type RenderPage = (at: PageContext) => Promise<Page>;

/** The part of a query that is not empty. */
export function given(query: URLSearchParams, key: string): string | undefined {
  return query.get(key)?.trim() || undefined;
}

/** A whole number of a query; undefined for anything else. */
export function wholeNumber(query: URLSearchParams, key: string): number | undefined {
  const text = given(query, key);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** One of these words, or undefined. */
export function oneOf<T extends string>(
  query: URLSearchParams,
  key: string,
  words: readonly T[],
): T | undefined {
  const text = given(query, key);
  return words.find((word) => word === text);
}

/** `page?a=1`, with what is empty left out. */
export function address(base: string, page: string, query: Query = {}): string {
  const values = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '') values.set(key, String(value));
  const text = values.toString();
  return `${base}/${page}${text === '' ? '' : `?${text}`}`;
}

/** A page that says one thing. */
export function message(title: string, text: string, more: Partial<Page> = {}): Page {
  return { title, body: html`<p class="lead">${sentence(text)}</p>`, ...more };
}
