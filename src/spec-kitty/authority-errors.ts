import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
/**
 * Environment and config.toml name two servers, and the environment is declared
 * to be for setup only. Thrown before any socket opens.
 */
export class SplitBrainError extends RedrainError {
  override readonly name = 'SplitBrainError';
  readonly code = 'SPLIT_BRAIN';
  override readonly exitCode = EXIT.splitBrain;
  constructor(
    readonly configuredUrl: string,
    readonly envUrl: string,
    /** True when config.toml is silent and the documented default stands for it. */
    isDefault = false,
  ) {
    super(
      `two servers are named: ${isDefault ? 'the default is' : 'config.toml says'} ${configuredUrl}, SPEC_KITTY_SAAS_URL says ${envUrl}, ` +
        'and SPEC_KITTY_SAAS_URL_MODE forbids the variable to decide. Nothing was sent.',
      {
        advice: `Run \`redrain server ${envUrl}\` to keep that one, or unset SPEC_KITTY_SAAS_URL to keep ${configuredUrl}.`,
      },
    );
  }
}
