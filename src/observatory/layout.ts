import { shortened } from '../base/shortened.js';
import { VERSION } from '../version.js';
import { type Html, html } from './html.js';
import type { Page } from './page.js';
import { code } from './words.js';

/** The pages of the menu. */
const MENU: readonly (readonly [page: string, label: string])[] = [
  ['', 'Home'],
  ['events', 'Events'],
  ['tail', 'Live tail'],
  ['conflicts', 'Conflicts'],
  ['diff', 'Compare'],
  ['jobs', 'Jobs'],
  ['workers', 'Workers'],
  ['edges', 'Edges'],
];

export interface Around {
  /** Where all pages are below. */
  readonly base: string;
  /** The name of the page, as it stands in the address. */
  readonly page: string;
  /** The address of its stream of changes; undefined where nothing on it changes. */
  readonly stream: string | undefined;
  readonly home: string;
  readonly allowWrites: boolean;
}

/** A whole page. */
export function layout({ title, body }: Page, around: Around): Html {
  const { base, stream, home, allowWrites } = around;
  const live = stream === undefined ? '' : html` data-stream="${stream}"`;
  return html`${head(title)}
<body${live}>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${base}/"><svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true"><path d="M8 1c3 4 5 6 5 9a5 5 0 0 1-10 0c0-3 2-5 5-9z"/></svg>redrain</a>
<nav aria-label="Pages"><ul>${MENU.map((entry) => menuItem(entry, around))}</ul></nav>
<button type="button" class="live" id="live" aria-pressed="true" hidden>Live</button>
</header>
<main id="main" tabindex="-1">
<h1>${shortened(title)}</h1>
${body}
</main>
<footer>
<p>${allowWrites ? 'Plans can be applied here.' : 'Read only.'} Home ${code(home)}. Times are of ${zone()}. redrain ${VERSION}.</p>
${stream === undefined ? '' : html`<noscript><p>Without JavaScript numbers stand still: reload the page for new ones.</p></noscript>`}
<p id="said" role="status"></p>
</footer>
</body>
</html>`;
}

/** A page for somebody who may see nothing of the home. */
export function bareLayout(title: string, body: Html): Html {
  return html`${head(title)}
<body>
<main id="main">
<h1>${title}</h1>
${body}
</main>
</body>
</html>`;
}

const head = (title: string): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${shortened(title)} · redrain</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/style.css">
<script src="/assets/live.js" defer></script>
</head>`;

function menuItem([page, label]: readonly [string, string], { base, page: here }: Around): Html {
  const current = page === here ? html` aria-current="page"` : '';
  return html`<li><a href="${base}/${page}"${current}>${label}</a></li>`;
}

const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
