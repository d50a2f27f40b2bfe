// Keeps the parts of an open page up to date. Pages work without it; what it
// adds is that numbers move.
const stream = document.body.dataset.stream;
const button = document.getElementById('live');
const said = document.getElementById('said');
let source;
let isPaused = false;

/** `12s ago`, `in 2h` or a date, worded as the server does. */
function since(at, now) {
  const away = Math.abs(now - at);
  if (away < 1000) return 'now';
  const units = [
    ['s', 1000, 60_000],
    ['m', 60_000, 3_600_000],
    ['h', 3_600_000, 172_800_000],
    ['d', 86_400_000, 2_592_000_000],
  ];
  const unit = units.find(([, , below]) => away < below);
  if (unit === undefined) return new Date(at).toISOString().slice(0, 10);
  const span = `${Math.floor(away / unit[1])}${unit[0]}`;
  return at > now ? `in ${span}` : `${span} ago`;
}

function tick() {
  for (const time of document.querySelectorAll('time[data-ago]')) {
    const words = since(Date.parse(time.dateTime), Date.now());
    if (time.textContent !== words) time.textContent = words;
  }
}

/** What a person has opened or stands on, by where it is in its part. */
function placeOf(element, part) {
  const path = [];
  for (let at = element; at !== part; at = at.parentElement)
    path.unshift([...at.parentElement.children].indexOf(at));
  return path;
}

const elementAt = (path, part) => path.reduce((at, index) => at?.children[index], part);

function swap({ name, html, hash }) {
  const part = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
  if (part === null) return;
  const focused = part.contains(document.activeElement)
    ? placeOf(document.activeElement, part)
    : undefined;
  const opened = [...part.querySelectorAll('details[open]')].map((one) => placeOf(one, part));
  const scrolled = [...part.querySelectorAll('.scroll')].map((one) => one.scrollLeft);
  part.innerHTML = html;
  part.dataset.hash = hash;
  for (const path of opened) elementAt(path, part)?.setAttribute('open', '');
  part.querySelectorAll('.scroll').forEach((one, i) => {
    one.scrollLeft = scrolled[i] ?? 0;
  });
  if (focused !== undefined) elementAt(focused, part)?.focus({ preventScroll: true });
  reachable();
  part.dispatchEvent(new CustomEvent('redrain:part', { bubbles: true }));
}

/** What can be scrolled can be reached by keyboard; what fits needs no stop there. */
function reachable() {
  for (const one of document.querySelectorAll('.scroll')) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute('tabindex');
  }
}

function say(state, words) {
  button.dataset.state = state;
  button.textContent = words;
  said.textContent =
    state === 'lost' ? 'The connection is lost: is redrain open still running?' : '';
}

/** Streams that the windows of one browser have at once: it has six connections for all of them. */
const MOST_STREAMS = 4;
let isAsking = false;
let giveBack = () => undefined;

/** Takes one of the streams until `giveBack`; false when other windows have them all. */
async function hasStream() {
  if (navigator.locks === undefined) return true;
  for (let i = 0; i < MOST_STREAMS; i += 1) {
    const isMine = await new Promise((tell) => {
      navigator.locks.request(`redrain stream ${i}`, { ifAvailable: true }, (lock) => {
        tell(lock !== null);
        return lock === null
          ? undefined
          : new Promise((end) => {
              giveBack = end;
            });
      });
    });
    if (isMine) return true;
  }
  return false;
}

/** Without a stream the page asks each second what changed. */
async function connect() {
  if (isAsking || isPaused || document.hidden || source !== undefined) return;
  isAsking = true;
  const isStream = await hasStream();
  isAsking = false;
  if (isPaused || document.hidden) return disconnect();
  listen(isStream);
}

function listen(isStream) {
  const address = new URL(stream, location.href);
  const parts = [...document.querySelectorAll('[data-live]')].map(({ dataset }) => [
    dataset.live,
    dataset.hash,
  ]);
  address.searchParams.set('has', new URLSearchParams(parts).toString());
  if (!isStream) address.searchParams.set('once', '1');
  source = new EventSource(address);
  source.addEventListener('open', () => say('on', 'Live'));
  source.addEventListener('part', (event) => swap(JSON.parse(event.data)));
  source.addEventListener('reload', () => location.reload());
  source.addEventListener('done', () => {
    disconnect();
    setTimeout(connect, 1000);
  });
  source.addEventListener('error', () => {
    // A new connection says what this page has by now.
    disconnect();
    say('lost', 'Not live');
    setTimeout(connect, 1000);
  });
}

function disconnect() {
  source?.close();
  source = undefined;
  giveBack();
}

tick();
setInterval(tick, 1000);
reachable();
addEventListener('resize', reachable);

if (stream !== undefined) {
  button.hidden = false;
  button.addEventListener('click', () => {
    isPaused = !isPaused;
    button.setAttribute('aria-pressed', String(!isPaused));
    if (isPaused) {
      disconnect();
      say('paused', 'Paused');
    } else connect();
  });
  // A browser has few connections for all its tabs: those that nobody sees have none.
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('pagehide', disconnect);
  addEventListener('pageshow', connect);
  connect();
}
