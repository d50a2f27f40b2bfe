const ON = new Set(['1', 'true', 'yes', 'on']);

/**
 * The SaaS switch, read as the older program reads it: on for `1 true yes on` in
 * any letter case, off for everything else.
 */
export const saasEnabled = (env: NodeJS.ProcessEnv): boolean =>
  ON.has((env.SPEC_KITTY_ENABLE_SAAS_SYNC ?? '').trim().toLowerCase());
