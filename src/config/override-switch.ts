/**
 * Whether `SPEC_KITTY_SAAS_URL` decides for the whole process. Only when
 * `SPEC_KITTY_SAAS_URL_MODE` is unset or says `process_override`: a misspelt
 * `setup_only` must not send events elsewhere.
 */
export function environmentOverrides(env: NodeJS.ProcessEnv): boolean {
  const word = env.SPEC_KITTY_SAAS_URL_MODE?.trim().toLowerCase() ?? '';
  return word === '' || word === 'process_override';
}
