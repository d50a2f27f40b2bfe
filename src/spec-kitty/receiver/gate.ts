import { shownAddress } from '../../address/shown-address.js';
import { type ClosedGate, DRAIN_BLOCKED_REASONS } from '../../dispatch/ports.js';
import { mayCarryToken } from '../../policy/bearer.js';
import { caFileFault } from '../../receivers/transport/trust.js';
import type { TeamspaceReceiverSettings } from './settings.js';

/** The first closed gate of a Teamspace receiver, in the order of docs/spec-kitty.md. */
export async function teamspaceGate(
  settings: TeamspaceReceiverSettings,
): Promise<ClosedGate | undefined> {
  const given = await settings.gate();
  const closed = [given, wireGate(settings)].filter((gate) => gate !== undefined);
  return closed.sort((a, b) => precedence(a) - precedence(b))[0];
}

/** What keeps a token from being sent to this server at all, known without asking anyone. */
export function wireGate({
  batchUrl,
  transport,
}: Pick<TeamspaceReceiverSettings, 'batchUrl' | 'transport'>): ClosedGate | undefined {
  if (!URL.canParse(batchUrl))
    return {
      reason: 'config_unreadable',
      message: `the server URL ${shownAddress(batchUrl)} is not a URL`,
    };
  if (!mayCarryToken(new URL(batchUrl)))
    return {
      reason: 'missing_auth',
      message: `a token would travel unencrypted to ${shownAddress(batchUrl)}`,
      advice: 'set an https server with `redrain server URL` (plain http is for this machine only)',
    };
  const fault = caFileFault(transport.caFile);
  return fault === undefined ? undefined : { reason: 'config_unreadable', message: fault };
}

function precedence(gate: ClosedGate): number {
  return DRAIN_BLOCKED_REASONS.indexOf(gate.reason);
}
