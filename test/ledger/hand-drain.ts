import type {
  Claim,
  ClaimedEvent,
  ClaimRequest,
  DeliveryLedger,
  Outcome,
  Pass,
  Settlement,
  TargetHealth,
} from '../../src/dispatch/ports.js';
import { type Core, EVERYTHING_ALLOWED, rows } from '../support/core.js';

export const HEALTHY: TargetHealth = {
  circuitFailures: 0,
  circuitOpenUntil: null,
  resumeAt: null,
  silentTimes: 0,
  blockedReason: null,
  blockedMessage: null,
};

/** Any stores, or a core. */
type WithLedger = { readonly ledger: DeliveryLedger };

export const SUCCESS: Outcome = { kind: 'success' };
export const REJECTED: Outcome = { kind: 'rejected', reason: 'bad lane' };
export const TRANSIENT: Outcome = { kind: 'transient', reason: 'status 500' };

/** Takes the lease and opens a pass, as the holder of the target's lock would. */
export async function beginPass(core: WithLedger, targetId = 1, now = 10_000): Promise<Pass> {
  const lease = await core.ledger.takeLease(targetId, 'a test');
  return core.ledger.beginPass(lease, now);
}

/** What a drain would ask for at the beginning of the pass. */
export function claimRequest(
  pass: Pass,
  { maxEvents = 1_000, ...more }: Partial<ClaimRequest> & { maxEvents?: number } = {},
): ClaimRequest {
  return {
    limits: { maxEvents, maxBytes: 1_000_000 },
    wireSize: (event) => event.size + 1,
    heldBy: EVERYTHING_ALLOWED,
    ignoreBackoff: true,
    now: pass.startedAt,
    ...more,
  };
}

export function claim(
  core: WithLedger,
  pass: Pass,
  more: Parameters<typeof claimRequest>[1] = {},
): Promise<Claim | undefined> {
  return core.ledger.claim(pass, claimRequest(pass, more));
}

/** Settles events of a claim, all with one outcome or each with its own. */
export function settle(
  core: WithLedger,
  pass: Pass,
  claimed: Claim,
  outcome: Outcome | ((event: ClaimedEvent) => Outcome),
  more: {
    events?: readonly ClaimedEvent[];
    now?: number;
    isolation?: Settlement['isolation'];
  } = {},
): Promise<boolean> {
  const { events = claimed.events, now = pass.startedAt, isolation = 'any' } = more;
  const settlements = events.map(
    (event): Settlement => ({
      event,
      outcome: typeof outcome === 'function' ? outcome(event) : outcome,
      posted: true,
      isolation,
      dueNow: false,
    }),
  );
  return core.ledger.settle(pass, claimed, {
    settlements,
    post: {
      startedAt: now,
      durationMs: 1,
      events,
      report: {
        outcomes: settlements.map((one) => one.outcome),
        httpStatus: 200,
        bytesSent: 10,
      },
    },
    health: HEALTHY,
    now,
    deploymentRef: null,
  });
}

/** Everything a drain can change, to be compared with a later look. */
export function ledgerTables(core: Core): Record<string, unknown[]> {
  const tables = ['delivery', 'delivery_history', 'lane', 'todo', 'flight', 'post', 'ledger_count'];
  return Object.fromEntries(tables.map((table) => [table, rows(core, `SELECT * FROM ${table}`)]));
}

export function seqsOf(claimed: Claim | undefined): number[] {
  return claimed?.events.map((event) => event.seq) ?? [];
}
