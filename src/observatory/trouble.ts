import { isRedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import { plainMessage } from '../files/trouble.js';
import { html } from './html.js';
import type { Page } from './page.js';
import { badge } from './words.js';

/** A page that could not be made: what happened, and what to do next. No stack, and nothing of the request. */
export function troublePage(error: unknown): Page {
  const advice = isRedrainError(error) ? error.advice : undefined;
  return {
    title: 'Cannot be shown',
    status: statusOf(error),
    body: html`<p class="trouble" role="alert">${badge('problem')} ${plainMessage(error)}</p>
${advice === undefined ? '' : html`<p>${advice}</p>`}`,
  };
}

function statusOf(error: unknown): 400 | 404 | 503 {
  if (error instanceof StorageUnavailableError || !isRedrainError(error)) return 503;
  if (/UNKNOWN|AMBIGUOUS/.test(error.code)) return 404;
  return error.exitCode === EXIT.internal ? 503 : 400;
}
