import { shownAddress } from '../address/shown-address.js';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { canonicalUrl, UnusableUrlError, urlHash } from '../targets/canonical-url.js';
import { assertNotRetired, type TargetRecord, type TargetRegistry } from '../targets/registry.js';
import type { Situation } from './situation.js';

/** No known target goes by this name; 64 on the command line. */
export class UnknownTargetNameError extends RedrainError {
  override readonly name = 'UnknownTargetNameError';
  readonly code = 'TARGET_NAME_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(given: string, why = 'there is no target') {
    super(`${why} ${shownAddress(given)}: \`redrain targets\` lists those there are`);
  }
}

/**
 * The target an operator means by an id or an address.
 *
 * @throws UnknownTargetNameError when there is none, or several at one address.
 */
export async function namedTarget(
  targets: TargetRegistry | undefined,
  given: string,
): Promise<TargetRecord> {
  if (/^\d{1,15}$/.test(given)) {
    const target = await targets?.find(Number(given));
    if (target === undefined) throw new UnknownTargetNameError(given);
    return target;
  }
  const hash = urlHash(addressOf(given));
  const known = (await targets?.list()) ?? [];
  const there = known.filter((target) => target.urlHash === hash);
  if (there.length > 1)
    throw new UnknownTargetNameError(
      given,
      `targets ${there.map(({ id }) => id).join(', ')} share one address, name one by its id instead of`,
    );
  if (there[0] === undefined) throw new UnknownTargetNameError(given);
  return there[0];
}

/** The row of the active target, or undefined while nothing was ever drained to it. */
export async function activeRow(
  targets: TargetRegistry | undefined,
  { description }: Situation,
): Promise<TargetRecord | undefined> {
  return description && targets?.findByKey(description);
}

/** The named target, else the active one; it must be in use. */
export async function targetInUse(
  targets: TargetRegistry | undefined,
  situation: Situation,
  given: string | undefined,
): Promise<TargetRecord> {
  const target =
    given === undefined ? await activeRow(targets, situation) : await namedTarget(targets, given);
  if (target === undefined) throw new UnknownTargetNameError('in force yet', 'there is no target');
  assertNotRetired(target);
  return target;
}

function addressOf(given: string): string {
  try {
    return canonicalUrl(given);
  } catch (error) {
    if (error instanceof UnusableUrlError) throw new UnknownTargetNameError(error.shownUrl);
    throw error;
  }
}
