import type { App } from '../../src/app/app.js';
import type { Secret } from '../../src/config/secret.js';
import type { ClosedGate } from '../../src/dispatch/ports.js';
import { type TeamspaceAccess, teamspaceAccess } from '../../src/spec-kitty/teamspace-access.js';
import { type AskForTokens, tokenRequests } from '../../src/spec-kitty/tokens/token-port.js';

/** The access a drain of the active target of this home would have. */
export async function accessOf(
  app: App,
  askForTokens: AskForTokens = tokenRequests({}, undefined),
): Promise<TeamspaceAccess> {
  const situation = await app.situation();
  const { targets } = await app.stores();
  const { description } = situation;
  if (description === undefined) throw new Error('nobody is signed in');
  const target = await targets.ensure(description, app.now());
  return teamspaceAccess(target, situation, { askForTokens, now: () => app.now() });
}

/** A token as text, or the gate. */
export const shown = (answer: Secret | ClosedGate): string | ClosedGate =>
  'reveal' in answer ? answer.reveal() : answer;
