/**
 * An address for people: no userinfo and no fragment, and of a query only the
 * names, since operators put keys there. Text that is no URL comes back as it is.
 */
export function shownUrl(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  if (!url.search && !url.hash && !url.username && !url.password) return address;
  const names = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=…`);
  const query = names.length > 0 ? `?${names.join('&')}` : '';
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}
