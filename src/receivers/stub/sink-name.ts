/**
 * The file name of the sink of a stub endpoint, below a folder of the caller's
 * choice: `stub:` is `stub.db`, `stub:NAME` is `stub-NAME.db`. Undefined for
 * anything else; names are letters, digits, `-` and `_`, at most 64.
 */
export function sinkFileName(endpoint: string): string | undefined {
  const match = /^stub:([A-Za-z0-9_-]{0,64})$/.exec(endpoint);
  if (match === null) return undefined;
  const name = match[1] ?? '';
  return name === '' ? 'stub.db' : `stub-${name}.db`;
}

/** Whether a file of that name is the sink of a stub endpoint. */
export function isSinkFileName(name: string): boolean {
  return /^stub(-[A-Za-z0-9_-]{1,64})?\.db$/.test(name);
}
