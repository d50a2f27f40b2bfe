const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** An address whose variables are filled in, and what that took. */
export interface FilledAddress {
  readonly address: string;
  /** Values that were filled in: keys, as a rule. */
  readonly values: readonly string[];
  /** Variables that are not set. */
  readonly missing: readonly string[];
}

/**
 * Fills in the variables of a query, `?key=${HOOK_KEY}`, for one request. They
 * stay names wherever the address is stored or compared, so that another value
 * is the same target. Values are percent-encoded: the server gets them as they
 * are.
 */
export function fillQuery(address: string, env: NodeJS.ProcessEnv): FilledAddress {
  const at = address.indexOf('?');
  if (at < 0) return { address, values: [], missing: [] };
  const values: string[] = [];
  const missing: string[] = [];
  const query = address.slice(at).replace(VARIABLE, (text, variable: string) => {
    const value = env[variable]?.trim();
    if (value) values.push(value);
    else missing.push(variable);
    return value ? encodeURIComponent(value) : text;
  });
  return { address: address.slice(0, at) + query, values, missing };
}

/** True when a variable stands where none is filled in: in the host or the path. */
export function hasMisplacedVariable(address: string): boolean {
  const [place = ''] = address.split(/[?#]/);
  return place.search(VARIABLE) >= 0;
}
