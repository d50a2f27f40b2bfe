import { isRedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import { plainMessage } from '../files/trouble.js';
import { type Html, html } from './html.js';
import type { Page } from './page.js';
import { badge, sentence } from './words.js';

/** A page that could not be made: what happened, and what to do next. No stack, and nothing of the request. */
export function troublePage(error: unknown): Page {
  const advice = isRedrainError(error) ? error.advice : undefined;
  return {
    title: 'Cannot be shown',
    status: statusOf(error),
    body: html`<p class="trouble" role="alert">${badge('problem')} ${sentence(plainMessage(error))}</p>
${advice === undefined ? '' : html`<p>${sentence(advice)}</p>`}`,
  };
}

/** A page whose form stays where it is when what was asked for in it cannot be found or read. */
export async function keepingForm(form: Html, make: () => Promise<Page>): Promise<Page> {
  try {
    return await make();
  } catch (error) {
    const trouble = troublePage(error);
    if (trouble.status === 503) throw error;
    return { ...trouble, body: html`${form}${trouble.body}` };
  }
}

function statusOf(error: unknown): 400 | 404 | 503 {
  if (error instanceof StorageUnavailableError || !isRedrainError(error)) return 503;
  if (/UNKNOWN|AMBIGUOUS/.test(error.code)) return 404;
  return error.exitCode === EXIT.internal ? 503 : 400;
}
