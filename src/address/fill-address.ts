const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** An address whose variables are filled in, or the first that is not set. */
export type FillResult = { readonly address: string } | { readonly missing: string };

/**
 * Fills in the variables of an address of a server, wherever they stand, so that no password is in
 * a file. Values are percent-encoded: the server gets them as they are.
 */
export function fillAddress(address: string, env: NodeJS.ProcessEnv): FillResult {
  let missing: string | undefined;
  const filled = address.replace(VARIABLE, (_, name: string) => {
    const value = env[name];
    if (!value) missing ??= name;
    return encodeURIComponent(value ?? '');
  });
  return missing === undefined ? { address: filled } : { missing };
}
