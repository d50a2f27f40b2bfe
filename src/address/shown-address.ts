/** The name of an environment variable that stands for a value of a query: `${NAME}`. */
const VARIABLE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i;

/**
 * An address for people, logs and documents. The only place that decides how
 * one is shown: operators put keys into queries and fragments, so of a query
 * only the names are shown (and variables, which are not values), and neither
 * user, password nor fragment. Text that is not a URL is treated the same way.
 */
export function shownAddress(address: string): string {
  const parsable = URL.canParse(address) || !address.includes('@');
  const whole = parsable ? address : address.replace(/^([^/]*\/\/)?.*@/s, '$1');
  const [, place = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/s.exec(whole) ?? [];
  const shown = place.replace(USER_INFO, '$1');
  if (query === '') return shown;
  return `${shown}?${query.split('&').map(shownPart).join('&')}`;
}

/** A part without a value may be the key itself. */
function shownPart(part: string): string {
  const at = part.indexOf('=');
  const value = part.slice(at + 1);
  if (at <= 0 || value === '') return '…';
  return `${part.slice(0, at)}=${VARIABLE.test(value) ? value : '…'}`;
}

/**
 * What `shownAddress` hides, in the forms a server may echo: as written and
 * percent-decoded. Names of variables are not secrets.
 */
export function secretsInAddress(address: string): string[] {
  const [, query = '', fragment = ''] = /^[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(address) ?? [];
  const values = query.split('&').map((part) => {
    const at = part.indexOf('=');
    const value = part.slice(at + 1);
    return at <= 0 || value === '' ? part : value;
  });
  const hidden = [...values, fragment].filter((value) => value !== '' && !VARIABLE.test(value));
  return [...new Set(hidden.flatMap((value) => [value, decoded(value)]))];
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}
